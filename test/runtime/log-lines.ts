import { createLogger, type Logger } from '../../src/runtime/logger.ts'

/** What a logger wrote, line by line as it was parsed. */
export class LogLines {
  readonly lines: Readonly<Record<string, unknown>>[] = []
  readonly log: Logger = createLogger('trace', {
    write: line => {
      this.lines.push(JSON.parse(line))
    },
  })

  /** The messages, in their order. */
  get messages(): unknown[] {
    return this.lines.map(line => line['msg'])
  }
}
