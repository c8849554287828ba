import { createLogger, type Logger } from '../../src/runtime/logger.ts'

const INFO = 30

/** What a logger wrote, as parsed lines. */
export class LogLines {
  readonly lines: Readonly<Record<string, unknown>>[] = []
  readonly log: Logger = createLogger('trace', {
    write: line => {
      this.lines.push(JSON.parse(line))
    },
  })

  /** The lines of level info and above. */
  get told(): Readonly<Record<string, unknown>>[] {
    return this.lines.filter(({ level }) => Number(level) >= INFO)
  }

  /** The messages, in their order. */
  get messages(): unknown[] {
    return this.lines.map(line => line['msg'])
  }
}
