import type { Bytes } from '../../../../src/accounting/bytes.ts'
import type { Reading, SessionReading } from '../../../../src/accounting/reading.ts'
import { RowMemory } from '../../../../src/routeros/rows/row-memory.ts'
import { parseSentence, type Row } from '../../../../src/routeros/wire/sentence.ts'
import { SentenceDecoder } from '../../../../src/routeros/wire/words.ts'
import { ofService, PLAIN_READING, PLAIN_ROW } from '../../../accounting/readings.ts'

/** Time of the first reply of `replyOf`, in a bucket with room for the others. */
const START_MS = Date.UTC(2026, 0, 1, 12, 0, 30)
const UPTIME_SECONDS = 86_400 + 2 * 3_600 + 12 * 60

/** Readings of replies, one second apart, as a connection makes them from the bytes. */
export class ReplayedMenu {
  readonly #memory = new RowMemory(['uptime', 'bytes-in', 'bytes-out'], 1e9)
  readonly #decoder: SentenceDecoder

  constructor() {
    this.#decoder = new SentenceDecoder({
      maxWordBytes: 65_536,
      onSentence: words => {
        const { reply, row } = parseSentence(words)
        if (reply === '!re') this.#memory.add(words, row)
      },
    })
    this.#decoder.known = this.#memory
  }

  read(chunks: readonly Buffer[], second: number): Reading {
    const memory = this.#memory
    memory.begin()
    for (const chunk of chunks) this.#decoder.push(chunk)
    memory.end()
    const wholes = memory.takeParsed()
    const atMs = START_MS + second * 1_000
    return {
      ...ofService('hotspot'),
      at: { wall: new Date(atMs), steadyMs: atMs },
      boot: { earliestMs: START_MS - 100 * 86_400_000, latestMs: START_MS - 100 * 86_400_000 + 1_000 },
      sessions: wholes.map(({ row }) => sessionOf(row, second, countersOf(row))),
      numbered: {
        by: memory.by,
        numbers: wholes.map(({ number }) => number),
        known: {
          numbers: memory.numbers,
          uptimeSeconds: memory.values(0),
          upload: memory.values(1),
          download: memory.values(2),
          row: place =>
            sessionOf(memory.rowAt(place), second, {
              upload: memory.values(1)[place] ?? Number.NaN,
              download: memory.values(2)[place] ?? Number.NaN,
            }),
        },
        answeredMs: atMs + 20,
      },
      ...PLAIN_READING,
    }
  }
}

function countersOf(row: Row): Bytes {
  return { upload: Number(row.get('bytes-in')), download: Number(row.get('bytes-out')) }
}

function sessionOf(row: Row, second: number, counters: Bytes): SessionReading {
  const uptimeSeconds = UPTIME_SECONDS + second
  const latestMs = START_MS - UPTIME_SECONDS * 1_000 + 20
  return {
    ...{ protocol: 'hotspot', username: row.get('user') ?? '', server: row.get('server') },
    ...{ macAddress: row.get('mac-address'), ipAddress: row.get('address') },
    ...{ routerSessionId: undefined, callerId: undefined, uptimeSeconds, ...PLAIN_ROW },
    login: { earliestMs: latestMs - 1_020, latestMs },
    counters,
  }
}
