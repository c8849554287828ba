import { randomInt } from 'node:crypto'
import { isBold, type Malice } from './malice.ts'
import { hotspotRow, idOf, piecesOf, sentence } from './rows.ts'
import type { Victim } from './victim.ts'

/** The hostile router's timeout in the daemon's config. */
export const TIMEOUT_MS = 3_000

const MEGABYTE = 1_000_000
const LONG_NAME_BYTES = 60_000
/** Rows that just fit into the reply of a router with 20,000 sessions. */
const MOST_WITHIN_LIMITS = 40_000
const USUAL_SESSIONS = 20_000
/** Bytes between two polls that a daemon just accepts. */
const STRAY_BYTES = 4 * MEGABYTE

/** Number of sessions reported so far: each request gets new ones. */
let sessions = 0

function newSessions(count: number): readonly [from: number, to: number] {
  sessions += count
  return [sessions - count, sessions]
}

function done(tag: string): Buffer {
  return sentence('!done', tag)
}

async function without(end: (victim: Victim) => Buffer, victim: Victim): Promise<void> {
  while (await victim.send(end(victim)));
}

function pieceOf(row: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: Math.ceil(64_000 / row.length) }, () => row))
}

/** Endless, or just within the limits. */
async function stray(victim: Victim, piece: Buffer): Promise<void> {
  if (isBold(victim)) await without(() => piece, victim)
  else for (let sent = 0; sent < STRAY_BYTES && (await victim.send(piece)); ) sent += piece.length
}

/** The same sessions each time. */
async function usualSessions(victim: Victim, tag: string): Promise<void> {
  const uptimeSeconds = Math.round(performance.now() / 1_000)
  await victim.sendAll(piecesOf([0, USUAL_SESSIONS], number => hotspotRow(tag, number, { uptimeSeconds })))
  await victim.send(done(tag))
}

/** Misbehaviours of a router that is broken or in a stranger's hands, by name. */
export const KINDS: ReadonlyMap<string, Malice> = new Map<string, Malice>([
  [
    'endless-login',
    {
      about: 'endless rows instead of an answer to the login',
      login: (victim, tag) => without(() => pieceOf(sentence('!re', tag, '=ret=0123456789')), victim),
    },
  ],
  [
    'endless-reply',
    {
      about: 'a reply whose rows never end',
      sessions: (victim, tag) =>
        without(
          () => Buffer.concat([...piecesOf(newSessions(500), number => hotspotRow(tag, number))]),
          victim,
        ),
    },
  ],
  [
    'huge-rows',
    {
      about: 'rows with words of many megabytes, or with as many of the longest words as a sentence may have',
      sessions: async (victim, tag, poll) => {
        const size = isBold(victim) && poll > 0 ? 16 * MEGABYTE : LONG_NAME_BYTES
        const words = Array.from({ length: 4 }, (_, index) => `=word-${index}=${'x'.repeat(size)}`)
        for (let row = 0; row < 100; row++) if (!(await victim.send(sentence('!re', tag, ...words)))) return
        await victim.send(done(tag))
      },
    },
  ],
  [
    'new-names',
    {
      about: `new names of ${LONG_NAME_BYTES / 1000} kB at each poll`,
      sessions: async (victim, tag) => {
        const name = (number: number) => `${number}-`.padEnd(LONG_NAME_BYTES, `${randomInt(1e9)}`)
        const row = (number: number) => hotspotRow(tag, number, { user: name(number) })
        await victim.sendAll(piecesOf(newSessions(250), row, 1))
        await victim.send(done(tag))
      },
    },
  ],
  [
    'new-sessions',
    {
      about: '120,000 new sessions at each poll, or as many as fit into a reply',
      sessions: async (victim, tag) => {
        const all = newSessions(isBold(victim) ? 120_000 : MOST_WITHIN_LIMITS)
        await victim.sendAll(piecesOf(all, number => hotspotRow(tag, number)))
        await victim.send(done(tag))
      },
    },
  ],
  [
    'dead-storm',
    {
      about: '20,000 sessions, each reported as dead again and again',
      sessions: usualSessions,
      between: async (victim, listen) => {
        const dead = (number: number) => sentence('!re', listen, `=.id=${idOf(number)}`, '=.dead=true')
        await stray(victim, Buffer.concat([...piecesOf([0, USUAL_SESSIONS], dead)]))
      },
    },
  ],
  [
    'endless-listen',
    {
      about: 'rows of a listen, 60 kB each',
      between: (victim, listen) =>
        stray(victim, sentence('!re', listen, `=.id=*1`, `=comment=${'x'.repeat(LONG_NAME_BYTES)}`)),
    },
  ],
  [
    'unknown-tags',
    {
      about: 'sentences with unknown tags',
      between: victim => stray(victim, pieceOf(sentence('!re', '.tag=999999', '=.id=*1', '=user=ann'))),
    },
  ],
  [
    'trickled-bytes',
    {
      about: 'a reply with one byte a second',
      sessions: async (victim, tag) => {
        for (const byte of hotspotRow(tag, 0))
          if (!(await victim.send(Buffer.of(byte))) || !(await victim.pause(1_000))) return
      },
    },
  ],
  [
    'trickled-rows',
    {
      about: 'the end of each reply just before its timeout',
      sessions: async (victim, tag) => {
        await victim.send(hotspotRow(tag, 0))
        await victim.pause(TIMEOUT_MS - 200)
        await victim.send(done(tag))
      },
    },
  ],
])
