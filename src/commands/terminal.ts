import { printable, printableLines } from '../runtime/printable.ts'

/** The output of a command. Control characters in texts are replaced, except for line breaks. */
export interface Terminal {
  /** Characters per line; `undefined` if the output is not a terminal. */
  readonly columns: number | undefined
  /** A result, to standard output. */
  print(text: string): void
  /** A result that replaces the one before. */
  repaint(text: string): void
  /** Progress, on standard error if that is a terminal. The next progress or result replaces it. */
  progress(text: string): void
}

const ERASE_LINE = '\r\x1b[K'
const ERASE_SCREEN = '\x1b[H\x1b[2J\x1b[3J'

export function terminalOf(out: NodeJS.WriteStream, err: NodeJS.WriteStream): Terminal {
  // The reader may close the pipe: `tikmeter probe | head`.
  out.on('error', () => {})
  const print = (text: string, before = '') => {
    if (err.isTTY) err.write(ERASE_LINE)
    out.write(`${before}${printableLines(text)}\n`)
  }
  return {
    get columns() {
      return out.isTTY ? out.columns : undefined
    },
    print: text => print(text),
    repaint: text => print(text, out.isTTY ? ERASE_SCREEN : ''),
    progress(text) {
      if (err.isTTY) err.write(`${ERASE_LINE}${printable(text)}`)
    },
  }
}
