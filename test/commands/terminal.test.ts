import { expect, test } from 'vitest'
import { terminalOf } from '../../src/commands/terminal.ts'

/** A stream that is a terminal, and what was written to it. */
function screen(): { stream: NodeJS.WriteStream; written: string[] } {
  const written: string[] = []
  const stream = Object.create(process.stdout, {
    isTTY: { value: true },
    on: { value: () => stream },
    write: { value: (text: string) => written.push(text) > 0 },
  })
  return { stream, written }
}

test('a text can send a terminal nothing but line breaks', () => {
  const [out, err] = [screen(), screen()]
  const terminal = terminalOf(out.stream, err.stream)
  terminal.print('hq\x1b]0;title\x07\noffline\u009b31m \u202edlo')
  terminal.repaint('\x1b[2J')
  terminal.progress('1\x1b[A')
  expect(out.written[0]).toBe('hq\ufffd]0;title\ufffd\noffline\ufffd31m \ufffddlo\n')
  expect(out.written[1]?.endsWith('\x1b[3J\ufffd[2J\n')).toBe(true)
  expect(err.written.at(-1)?.endsWith('\x1b[K1\ufffd[A')).toBe(true)
})
