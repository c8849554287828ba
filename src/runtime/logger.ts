import { type DestinationStream, type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { errorCodeOf } from './error-code.ts'
import { printable, printableJson } from './printable.ts'

export type { Logger }

/** The level in `LOG_LEVEL`, if it is one of pino's levels or `silent`; otherwise `info`. */
export function levelIn(env: NodeJS.ProcessEnv): string {
  const { LOG_LEVEL: level = 'info' } = env
  return level === 'silent' || Object.hasOwn(pino.levels.values, level) ? level : 'info'
}

/**
 * Makes a logger that writes JSON lines, or lines for people if standard output is a terminal. Its `level` may be set at
 * any time, because there are no child loggers, which would keep their own.
 */
export function createLogger(
  level: string = levelIn(process.env),
  destination: DestinationStream = standardOutput(),
): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // Errors of pg and drizzle contain the connection's password and the query's parameters: never log one whole.
    // Routers and subscribers choose the content of many fields, and people read the lines in a terminal.
    hooks: { streamWrite: printableJson },
    serializers: { err: (error: unknown) => (error instanceof Error ? errorFields(error) : error) },
  }
  return pino(options, destination)
}

function standardOutput(): DestinationStream {
  const out = pino.destination(1)
  return process.stdout.isTTY ? forPeople(out) : out
}

/** Writes one line for each message, with its fields after it. */
export function forPeople(out: DestinationStream): DestinationStream {
  const format = prettyFactory({
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    // An error is shown like other fields. (The library's own stream would do more.)
    errorLikeObjectKeys: [],
    // Other fields are JSON, and `printableJson` escapes what JSON does not.
    messageFormat: (fields, key) => printable(String(fields[key] ?? '')),
    customPrettifiers: { name: shown, pid: shown, hostname: shown, caller: shown },
  })
  return { write: line => out.write(printableJson(format(line))) }
}

function shown(value: unknown): string {
  return printable(String(value))
}

/** The fields of an error that a log may show: its name, message, code and causes, and nothing else. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = errorCodeOf(error)
  const cause = error.cause === undefined ? {} : { cause: errorFields(error.cause) }
  return { name: error.name, message: error.message, ...(code === undefined ? {} : { code }), ...cause }
}
