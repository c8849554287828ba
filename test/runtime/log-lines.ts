import { createLogger, type Logger } from '../../src/runtime/logger.ts'

const INFO = 30

/** What a logger wrote, line by line as it was parsed. */
export class LogLines {
  readonly lines: Readonly<Record<string, unknown>>[] = []
  readonly log: Logger = createLogger('trace', {
    write: line => {
      this.lines.push(JSON.parse(line))
    },
  })

  /** Those that are told without being asked for. */
  get told(): Readonly<Record<string, unknown>>[] {
    return this.lines.filter(({ level }) => Number(level) >= INFO)
  }

  /** The messages, in their order. */
  get messages(): unknown[] {
    return this.lines.map(line => line['msg'])
  }
}
