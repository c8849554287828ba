import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger }

/** Logs as JSON lines. `LOG_LEVEL` is one of pino's levels; `silent` for none. */
export function createLogger(
  level: string = process.env['LOG_LEVEL'] ?? 'info',
  destination: DestinationStream = pino.destination(1),
): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // Errors of pg and drizzle carry the connection's password and the query's parameters: never log one whole.
    serializers: { err: (error: unknown) => (error instanceof Error ? errorFields(error) : error) },
  }
  return pino(options, destination)
}

/** An error as a log may show it: its name, message, code and causes, and nothing else it carries. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const cause = error.cause === undefined ? {} : { cause: errorFields(error.cause) }
  return { name: error.name, message: error.message, ...code, ...cause }
}
