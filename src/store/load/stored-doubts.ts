import type { Bytes } from '../../accounting/bytes.ts'
import { doubtsJson, doubtsOf } from '../../accounting/counting/doubt-text.ts'
import type { CountedMark, Mark } from '../../accounting/counting/mark.ts'
import type { Session } from '../../accounting/session.ts'
import { DatabaseRefused } from '../pg/errors.ts'
import { storableJson } from '../pg/storable.ts'

/*
 * The column `doubts`. Few sessions have doubts; for all others the column is null.
 *
 *     counters          what later readings decide about the counters: see `doubt-text.ts`
 *     shown             what the only reading of the session showed, not counted yet
 *     joined_by_guess   the PPP interface that the session was joined to by a guess
 *     joined_among      the PPP interface that it was joined to as one of several of its account
 */

/** @returns JSON, or `null` if there are no doubts */
export function storedDoubts({
  mark,
  guessed,
  among,
}: Pick<Session, 'mark' | 'guessed' | 'among'>): string | null {
  const counters = mark.kind === 'counted' ? mark.doubts : undefined
  const shown = mark.kind === 'owed' ? mark.shown : undefined
  if (!counters && !shown && guessed === undefined && among === undefined) return null
  return storableJson({
    ...(counters ? { counters: doubtsJson(counters) } : {}),
    ...(shown ? { shown: [shown.upload, shown.download] } : {}),
    ...(guessed === undefined ? {} : { joined_by_guess: guessed }),
    ...(among === undefined ? {} : { joined_among: among }),
  })
}

/** Adds the doubts of a row to its session. @throws DatabaseRefused if the JSON is not ours */
export function withStoredDoubts(session: Session, json: unknown): Session {
  if (json === null || typeof json !== 'object') return session
  const fields = new Map<string, unknown>(Object.entries(json))
  const [guessed, among] = [fields.get('joined_by_guess'), fields.get('joined_among')]
  return {
    ...session,
    mark: markWith(session.mark, fields),
    guessed: typeof guessed === 'string' ? guessed : undefined,
    among: typeof among === 'string' ? among : undefined,
  }
}

function markWith(mark: Mark, fields: ReadonlyMap<string, unknown>): Mark {
  return mark.kind === 'owed'
    ? { ...mark, shown: shownOf(fields.get('shown')) }
    : { ...mark, doubts: storedCounters(fields.get('counters')) }
}

/** Parses the doubts of a session's or a binding's counters. @throws DatabaseRefused if the JSON is not ours */
export function storedCounters(json: unknown): CountedMark['doubts'] {
  try {
    return doubtsOf(json)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new DatabaseRefused(`not doubts of counters: ${cause.message}`, { cause })
  }
}

function shownOf(json: unknown): Bytes | undefined {
  if (!Array.isArray(json)) return undefined
  const [upload, download]: unknown[] = json
  return typeof upload === 'number' && typeof download === 'number' ? { upload, download } : undefined
}
