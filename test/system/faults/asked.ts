import { once } from 'node:events'
import { WebSocket } from 'ws'
import { until } from '../daemon/scene.ts'
import type { Output } from './canaries.ts'

/** What HTTP answers to a client without a token. */
export async function answers(port: number): Promise<readonly Output[]> {
  const paths = [
    '/healthz',
    '/readyz',
    '/metrics',
    '/api/dashboard/stats',
    '/status',
    '/ws',
    '/%2e%2e/x?token=y',
  ]
  return Promise.all(
    paths.map(async path => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`)
      const headers = JSON.stringify([...response.headers])
      return { from: path, text: `${headers}\n${await response.text()}` }
    }),
  )
}

/** What the feed sends to a client: about routers in trouble and about the client's own mistakes. */
export async function feed(port: number, token: string): Promise<readonly Output[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['tikmeter.v1', `bearer.${token}`])
  const messages: string[] = []
  socket.on('message', raw => messages.push(String(raw)))
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'subscribe', topics: ['alerts', 'sessions'], tenant: 'acme' }))
  socket.send(JSON.stringify({ type: 'subscribe', topics: ['sessions'], tenant: token.slice(0, 20) }))
  await until('the feed has reported all', () =>
    ['"snapshot"', '"sessions"', 'unknown_tenant', 'invalid user name'].every(words =>
      messages.join('').includes(words),
    ),
  )
  socket.send(JSON.stringify({ type: 'auth', token, more: token }))
  const [code, reason] = await once(socket, 'close')
  return [{ from: 'the feed', text: [...messages, code, String(reason)].join('\n') }]
}
