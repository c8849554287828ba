import type { Bytes } from '../../accounting/bytes.ts'
import { doubtsJson, doubtsOf } from '../../accounting/counting/doubt-text.ts'
import type { CountedMark, Mark } from '../../accounting/counting/mark.ts'
import type { Session } from '../../accounting/session.ts'
import { DatabaseRefused } from '../pg/errors.ts'
import { storableJson } from '../pg/storable.ts'

/*
 * What few sessions have, as the column `doubts` has it; null for all others:
 *
 *     counters          what later readings decide of its counters: see `doubt-text.ts`
 *     shown             what its only reading showed, not counted yet
 *     joined_by_guess   the PPP interface that it was joined to by a guess
 *     joined_among      the PPP interface that it was joined to as one of several of its account
 */

/** @returns JSON, or `null` where there is nothing */
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

/** @throws DatabaseRefused where it is none of ours */
export function withStoredDoubts(session: Session, json: unknown): Session {
  if (json === null || typeof json !== 'object') return session
  const its = new Map<string, unknown>(Object.entries(json))
  const [guessed, among] = [its.get('joined_by_guess'), its.get('joined_among')]
  return {
    ...session,
    mark: markWith(session.mark, its),
    guessed: typeof guessed === 'string' ? guessed : undefined,
    among: typeof among === 'string' ? among : undefined,
  }
}

function markWith(mark: Mark, its: ReadonlyMap<string, unknown>): Mark {
  return mark.kind === 'owed'
    ? { ...mark, shown: shownOf(its.get('shown')) }
    : { ...mark, doubts: storedCounters(its.get('counters')) }
}

/** Of a session or of a binding. @throws DatabaseRefused where it is none of ours */
export function storedCounters(json: unknown): CountedMark['doubts'] {
  try {
    return doubtsOf(json)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new DatabaseRefused(`doubts of counters that are none: ${cause.message}`, { cause })
  }
}

function shownOf(json: unknown): Bytes | undefined {
  if (!Array.isArray(json)) return undefined
  const [upload, download]: unknown[] = json
  return typeof upload === 'number' && typeof download === 'number' ? { upload, download } : undefined
}
