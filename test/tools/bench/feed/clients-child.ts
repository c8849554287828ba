import pLimit from 'p-limit'
import { WebSocket } from 'ws'
import { signToken } from '../../../../src/auth/tokens.ts'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { answerParent } from '../child.ts'
import { type ClientsQuestion, INTERVAL_MS, SECRET, type Watched } from './feed-messages.ts'
import { tenantNamed } from './synthetic-source.ts'

/** A process with real WebSocket clients, which record when each frame arrives. */

const CONNECTING_AT_ONCE = 50
const AS_OF = Buffer.from('"as_of":"')
const ISO_LENGTH = 24

interface Client {
  readonly socket: WebSocket
  readonly arrivals: { readonly asOfMs: number; readonly atMs: number }[]
}

const clients: Client[] = []
let frozen = 0
let isWatching = false
let frames = 0

answerParent((question: ClientsQuestion) => {
  switch (question.kind) {
    case 'connect':
      return connectAll(question)
    case 'freeze':
      return freeze(question.count, question.overMs)
    case 'thaw':
      return thaw()
    case 'watch':
      return watch(question.forMs)
    default:
      return question satisfies never
  }
})

async function connectAll({
  port,
  tenants,
  first,
  count,
  topics,
}: ClientsQuestion & { kind: 'connect' }): Promise<void> {
  const expiresAt = new Date(Date.now() + 86_400_000)
  const tokens = await Promise.all(
    Array.from({ length: tenants }, (_, number) =>
      signToken({ kind: 'tenant', tenant: tenantNamed(number), expiresAt }, SECRET),
    ),
  )
  const gate = pLimit(CONNECTING_AT_ONCE)
  const connecting = Array.from({ length: count }, (_, index) =>
    gate(() => connect(port, first + index, (first + index) % tenants, tokens)),
  )
  const connected = await Promise.all(connecting)
  if (topics.length > 0)
    for (const { socket } of connected) socket.send(JSON.stringify({ type: 'subscribe', topics }))
  clients.push(...connected)
}

async function connect(
  port: number,
  number: number,
  tenant: number,
  tokens: readonly string[],
): Promise<Client> {
  const headers = {
    Authorization: `Bearer ${tokens[tenant]}`,
    // An address may have at most two hundred connections.
    'X-Forwarded-For': `10.0.${number >> 8}.${number & 255}`,
    'X-Tenant': String(tenant),
  }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, {
    ...{ headers, perMessageDeflate: false, skipUTF8Validation: true },
  })
  const client: Client = { socket, arrivals: [] }
  socket.on('message', (payload: Buffer) => take(client, payload))
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return client
}

async function freeze(count: number, overMs: number): Promise<void> {
  const beganMs = systemClock.steadyMs()
  for (const [index, { socket }] of clients.slice(frozen, frozen + count).entries()) {
    const waitMs = beganMs + (index * overMs) / count - systemClock.steadyMs()
    if (waitMs > 0) await systemClock.sleep(waitMs, new AbortController().signal)
    socket.pause()
  }
  frozen += count
}

function thaw(): Promise<readonly number[]> {
  const closing = clients.slice(0, frozen).map(
    ({ socket }) =>
      new Promise<number>(resolve => {
        socket.once('close', resolve)
        socket.resume()
      }),
  )
  return Promise.all(closing)
}

function take({ arrivals }: Client, payload: Buffer): void {
  if (!isWatching) return
  const atMs = systemClock.steadyMs()
  frames++
  const at = payload.indexOf(AS_OF) + AS_OF.length
  arrivals.push({ asOfMs: Date.parse(payload.toString('latin1', at, at + ISO_LENGTH)), atMs })
}

async function watch(forMs: number): Promise<Watched> {
  for (const { arrivals } of clients) arrivals.length = 0
  frames = 0
  isWatching = true
  await systemClock.sleep(forMs, new AbortController().signal)
  isWatching = false
  const awake = clients.slice(frozen)
  return {
    frames,
    delaysMs: awake.flatMap(({ arrivals }) => arrivals.map(({ asOfMs, atMs }) => atMs - asOfMs)),
    latenessMs: awake.flatMap(latenessOf),
  }
}

/** A snapshot that was made late shows no delay, so each is compared with the time of its turn. */
function latenessOf({ arrivals }: Client): number[] {
  const [first] = arrivals
  if (!first) return []
  const due = arrivals.map(({ asOfMs }, index) => asOfMs - index * INTERVAL_MS)
  const begin = Math.min(...due)
  return arrivals.map(({ atMs }, index) => atMs - (begin + index * INTERVAL_MS))
}
