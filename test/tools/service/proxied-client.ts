import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { text as textOf } from 'node:stream/consumers'
import { WebSocket } from 'ws'
import { channelOf } from '../../../src/feed/pusher/app.ts'
import { AUTHORITY_PATH } from '../../harness/fleet/certificate.ts'

const HOST = '127.0.0.1'
const PREFIX = '/usage'
const WITHIN_MS = 20_000
const ca = readFileSync(AUTHORITY_PATH)

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Resolves with the head of an answer. */
export async function started(
  port: number,
  path: string,
  token: string,
  form?: URLSearchParams,
): Promise<IncomingMessage> {
  const asked = request({
    ...{ host: HOST, port, path, ca, agent: false, method: form ? 'POST' : 'GET' },
    headers: {
      authorization: `Bearer ${token}`,
      ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    },
  })
  asked.end(form?.toString())
  const [response]: IncomingMessage[] = await once(asked, 'response')
  if (response === undefined) throw new Error('there was no answer')
  return response
}

export async function answerOf(
  port: number,
  path: string,
  token: string,
  form?: URLSearchParams,
): Promise<Answer> {
  const response = await started(port, path, token, form)
  return { status: response.statusCode ?? 0, headers: response.headers, text: await textOf(response) }
}

/** Loads a page and all that it and its files name by relative paths. @returns the status of each path */
export async function filesBelow(port: number, page: string): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>()
  const waiting = [page]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue
    const { status, text } = await answerOf(port, path, '')
    seen.set(path, status)
    const named = text.matchAll(/(?:src|href)="([^"#:]+)"|^(?:import|export)\b[^'"\n]*['"](\.[^'"]+)['"]/gm)
    for (const [, attribute, module = ''] of named)
      waiting.push(new URL(attribute ?? module, `https://${HOST}${path}`).pathname)
  }
  return seen
}

export interface Idle {
  readonly socket: WebSocket
  /** How it was closed; `undefined` as long as it is open. */
  readonly end: string | undefined
}

/** A client of the feed. Resolves with its first snapshot. */
export async function idleFeed(port: number, token: string): Promise<Idle> {
  const socket = feedOf(port, token)
  const idle = watched(socket)
  await said(socket, '"type":"snapshot"')
  return idle
}

/** A Pusher client of the tenant acme, which answers pings. Resolves with its first stats. */
export async function idlePusher(port: number, key: string, token: string): Promise<Idle> {
  const url = `wss://${HOST}:${port}${PREFIX}/app/${key}?protocol=7&client=js&version=8.4.0`
  const socket = new WebSocket(url, { ca })
  const idle = watched(socket)
  socket.on('message', raw => {
    if (String(raw).includes('pusher:ping')) socket.send('{"event":"pusher:pong","data":{}}')
  })
  const { data } = JSON.parse(await said(socket, 'pusher:connection_established'))
  const channel = channelOf('acme')
  const form = new URLSearchParams({ socket_id: JSON.parse(data).socket_id, channel_name: channel })
  const { text } = await answerOf(port, `${PREFIX}/broadcasting/auth`, token, form)
  socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel, ...JSON.parse(text) } }))
  await said(socket, '"event":"stats.updated"')
  return idle
}

/** Connects from an address. @returns whether it got a snapshot, and what to call in the end */
export async function isServed(
  port: number,
  token: string,
  localAddress: string,
): Promise<{ readonly isServed: boolean; end(): void }> {
  const socket = feedOf(port, token, localAddress)
  const isServed = await said(socket, '"type":"snapshot"').then(
    () => true,
    () => false,
  )
  return { isServed, end: () => socket.terminate() }
}

function feedOf(port: number, token: string, localAddress?: string): WebSocket {
  const options = { ca, ...(localAddress === undefined ? {} : { localAddress }) }
  return new WebSocket(`wss://${HOST}:${port}${PREFIX}/ws`, ['tikmeter.v1', `bearer.${token}`], options)
}

function watched(socket: WebSocket): Idle {
  let end: string | undefined
  socket.on('close', (code, reason) => {
    end = `closed with ${code} ${reason}`
  })
  return {
    socket,
    get end() {
      return end
    },
  }
}

/** Resolves with the first message that contains the words. Rejects if the connection closes before. */
function said(socket: WebSocket, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`nobody said ${words}`)), WITHIN_MS)
    late.unref()
    socket.on('error', reject)
    socket.on('close', code => reject(new Error(`closed with ${code}`)))
    socket.on('message', raw => {
      if (!String(raw).includes(words)) return
      clearTimeout(late)
      resolve(String(raw))
    })
  })
}
