import { type DestinationStream, type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { errorCodeOf } from './error-code.ts'
import { printable, printableJson } from './printable.ts'

export type { Logger }

/** What `LOG_LEVEL` says, where it is one of pino's levels or `silent`. */
export function levelIn(env: NodeJS.ProcessEnv): string {
  const { LOG_LEVEL: level = 'info' } = env
  return level === 'silent' || Object.hasOwn(pino.levels.values, level) ? level : 'info'
}

/**
 * Logs as JSON lines, and for people where standard output is a terminal. Its `level` may be set at any time, since
 * nobody makes children of it, which would keep theirs.
 */
export function createLogger(
  level: string = levelIn(process.env),
  destination: DestinationStream = standardOutput(),
): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // Errors of pg and drizzle carry the connection's password and the query's parameters: never log one whole.
    // Routers and subscribers choose what is in many fields, and somebody looks at the lines in a terminal.
    hooks: { streamWrite: printableJson },
    serializers: { err: (error: unknown) => (error instanceof Error ? errorFields(error) : error) },
  }
  return pino(options, destination)
}

function standardOutput(): DestinationStream {
  const out = pino.destination(1)
  return process.stdout.isTTY ? forPeople(out) : out
}

/** A line for each, with its fields behind the message. */
export function forPeople(out: DestinationStream): DestinationStream {
  const format = prettyFactory({
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    // An error is a field like the others. (The library's own stream would not leave it at that.)
    errorLikeObjectKeys: [],
    // Other fields are JSON, and what it does not escape we do.
    messageFormat: (fields, key) => printable(String(fields[key] ?? '')),
    customPrettifiers: { name: shown, pid: shown, hostname: shown, caller: shown },
  })
  return { write: line => out.write(printableJson(format(line))) }
}

function shown(value: unknown): string {
  return printable(String(value))
}

/** An error as a log may show it: its name, message, code and causes, and nothing else it carries. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = errorCodeOf(error)
  const cause = error.cause === undefined ? {} : { cause: errorFields(error.cause) }
  return { name: error.name, message: error.message, ...(code === undefined ? {} : { code }), ...cause }
}
