import { printable, printableLines } from '../runtime/printable.ts'

/** Where a command prints. Nothing in a text makes it do more than begin the next line. */
export interface Terminal {
  /** Characters in a line; absent where nobody looks at a screen. */
  readonly columns: number | undefined
  /** A result, to standard output. */
  print(text: string): void
  /** A result in the place of the one before. */
  repaint(text: string): void
  /** How far it is, on standard error, where somebody looks: the next one, and the next result, take its place. */
  progress(text: string): void
}

const ERASE_LINE = '\r\x1b[K'
const ERASE_SCREEN = '\x1b[H\x1b[2J\x1b[3J'

export function terminalOf(out: NodeJS.WriteStream, err: NodeJS.WriteStream): Terminal {
  // Whoever reads may have seen enough: `tikmeter probe | head`.
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
