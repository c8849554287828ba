import type { Socket } from 'node:net'
import { encodeSentence, SentenceDecoder } from '../../../../src/routeros/wire/words.ts'

const MAX_WORD_BYTES = 4_096
const TAG = '.tag='

/** A router's answer to each command. Other commands have no rows, and a `listen` is not answered. */
const ROWS: Readonly<Record<string, readonly string[]>> = {
  '/system/resource/print': ['=uptime=1w2d3h4m5s', '=version=7.20.1 (stable)'],
  '/system/identity/print': ['=name=tower'],
}

/** Serves a connection like a router without sessions: no objects, no state. */
export function respondAsIdleRouter(socket: Socket): void {
  const decoder = new SentenceDecoder({
    maxWordBytes: MAX_WORD_BYTES,
    onSentence: words => {
      const [command = '', ...rest] = words.map(word => word.toString())
      if (command.endsWith('/listen')) return
      const tag = rest.filter(word => word.startsWith(TAG))
      const row = ROWS[command]
      socket.write(Buffer.concat([row ? sentence('!re', ...row, ...tag) : EMPTY, sentence('!done', ...tag)]))
    },
  })
  socket.on('data', chunk => decoder.push(Buffer.from(chunk)))
  socket.on('error', () => socket.destroy())
}

const EMPTY = Buffer.alloc(0)

function sentence(...words: readonly string[]): Buffer {
  return encodeSentence(words.map(word => Buffer.from(word)))
}
