import { once } from 'node:events'
import { connect } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { RowMemory } from '../../../../src/routeros/rows/row-memory.ts'
import { parseSentence } from '../../../../src/routeros/wire/sentence.ts'
import { SentenceDecoder } from '../../../../src/routeros/wire/words.ts'
import { BenchChild } from '../child.ts'
import { median } from '../measure.ts'
import { replyOf } from './replies.ts'

const ROUNDS = 5
const NANOSECONDS_A_MS = 1e6

/** The longest time that the event loop is blocked while a known reply with `rows` rows arrives over a socket. */
export async function longestBlock(rows: number): Promise<number> {
  const server = new BenchChild(new URL('./reply-child.ts', import.meta.url))
  try {
    const port = await server.ask<number>({ rows })
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    const memory = new RowMemory(['uptime', 'bytes-in', 'bytes-out'], 1e9)
    let isDone = () => {}
    const decoder = new SentenceDecoder({
      maxWordBytes: 65_536,
      onSentence: words => {
        const { reply, row } = parseSentence(words)
        if (reply === '!re') memory.add(words, row)
        else isDone()
      },
    })
    decoder.known = memory
    socket.on('data', chunk => decoder.push(chunk))
    const blocks: number[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const delay = monitorEventLoopDelay({ resolution: 1 })
      memory.begin()
      const done = new Promise<void>(resolve => {
        isDone = resolve
      })
      delay.enable()
      socket.write('next')
      await done
      delay.disable()
      memory.end()
      // The first reply is not known yet.
      if (round > 0) blocks.push(delay.max / NANOSECONDS_A_MS)
    }
    socket.destroy()
    return median(blocks)
  } finally {
    await server.stop()
  }
}

/** The replies of a peer, one per request. */
export function repliesOf(rows: number): readonly Buffer[] {
  return [0, 1, 2].map(round => Buffer.concat(replyOf(rows, round)))
}
