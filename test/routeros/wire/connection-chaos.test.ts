import { expect, test } from 'vitest'
import { RouterError } from '../../../src/routeros/errors.ts'
import { RouterConnection } from '../../../src/routeros/wire/connection.ts'
import { dial } from '../../../src/routeros/wire/dial.ts'
import { type Random, seededRandom, wholeBelow } from '../../harness/fleet/random.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { addressOf, NEVER, roomy } from './dialled.ts'
import { type PeerClient, sentence, startPeer, tagOf } from './scripted-peer.ts'

const SCENARIOS = 300
const COMMANDS = 12
/** Only a silent router takes this long. */
const TIMEOUT_MS = 80

type Fate = 'fin' | 'rst' | 'silence' | 'cut' | 'none'

const FATES: readonly Fate[] = ['fin', 'rst', 'silence', 'cut', 'none']

test('no end of a connection, at any time, leads to a wrong answer or to a wait without an end', async () => {
  const outcomes = { answered: 0, failed: 0, refusedLogins: 0 }
  for (let seed = 1; seed <= SCENARIOS; seed++) {
    const random = seededRandom(seed)
    const peer = await startPeer(client => doomed(client, random))
    try {
      const clock = new HandClock('2026-11-24T12:00:00Z')
      const line = await dial(addressOf(peer), 'utf-8', TIMEOUT_MS, NEVER)
      const connection = new RouterConnection(line, { clock, timeoutMs: TIMEOUT_MS, ...roomy() })
      for (let sent = 0; sent < COMMANDS; sent += 4) {
        const settled = await Promise.allSettled(
          [0, 1, 2, 3].map(async i => {
            const { rows } = await connection.command('/echo/print', `=n=${sent + i}`)
            expect(rows.map(row => row.get('n'))).toEqual(Array(3).fill(`${sent + i}`))
          }),
        )
        for (const it of settled) {
          if (it.status === 'fulfilled') outcomes.answered++
          else if (it.reason instanceof RouterError) outcomes.failed++
          else throw it.reason
        }
      }
      line.socket.destroy()
    } catch (error) {
      if (!(error instanceof RouterError)) throw error
      outcomes.refusedLogins++
    }
    await Promise.all(peer.clients.map(client => client.closed))
  }
  expect(outcomes.answered + outcomes.failed).toBe((SCENARIOS - outcomes.refusedLogins) * COMMANDS)
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(10)
}, 60_000)

/** Echoes in random chunks, and ends in some way after a random byte. */
async function doomed(client: PeerClient, random: Random): Promise<void> {
  const fate = FATES[wholeBelow(random, FATES.length)] ?? 'none'
  let left = fate === 'none' ? Number.POSITIVE_INFINITY : Math.floor(900 * random() ** 3)
  for (;;) {
    const words = await client.next()
    if (words.length === 0) return
    for (const chunk of chunksOf(replyTo(words), random)) {
      const part = chunk.subarray(0, left)
      left -= part.length
      if (part.length > 0) client.write(part)
      if (left <= 0) return meet(fate, client)
      if (wholeBelow(random, 4) === 0) await new Promise(resolve => setImmediate(resolve))
    }
  }
}

function meet(fate: Fate, client: PeerClient): void {
  if (fate === 'fin') client.socket.end()
  else if (fate === 'rst') client.socket.resetAndDestroy()
  // Too long a word, in the middle of a word.
  else if (fate === 'cut') client.write(Buffer.alloc(200, 0xff))
}

function replyTo(words: readonly string[]): Buffer {
  const tag = tagOf(words)
  if (words[0] === '/login') return sentence('!done', tag)
  const [echo = ''] = words.filter(word => word.startsWith('=n='))
  return Buffer.concat([...Array(3).fill(sentence('!re', tag, echo)), sentence('!done', tag)])
}

function* chunksOf(bytes: Buffer, random: Random): Generator<Buffer> {
  const most = 1 + wholeBelow(random, 60)
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + wholeBelow(random, most)
    yield bytes.subarray(at, end)
    at = end
  }
}
