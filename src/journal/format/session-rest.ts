import type { Bytes } from '../../accounting/bytes.ts'
import { doubtsJson, doubtsOf } from '../../accounting/counting/doubt-text.ts'
import type { CountedMark, OwedMark } from '../../accounting/counting/mark.ts'
import type { Absence, Session } from '../../accounting/session.ts'

/** What only few sessions have. It is written as JSON with one-letter names. */
export interface SessionRest {
  readonly doubts: CountedMark['doubts']
  readonly owed: Pick<OwedMark, 'sinceMs' | 'shown'>
  readonly missed: Absence | undefined
  readonly guessed: string | undefined
  readonly among: string | undefined
}

const NOT_SHOWN: SessionRest['owed'] = { sinceMs: undefined, shown: undefined }

/** The fields of a session without a rest. */
export const NO_REST = { missed: undefined, guessed: undefined, among: undefined } as const

/** @returns `undefined` if the session has no rest */
export function restText({ mark, missed, guessed, among }: Session): string | undefined {
  const doubts = mark.kind === 'counted' ? mark.doubts : undefined
  const { sinceMs, shown } = mark.kind === 'owed' ? mark : NOT_SHOWN
  const isJoinDoubtful = guessed !== undefined || among !== undefined
  if (!doubts && sinceMs === undefined && !shown && !missed && !isJoinDoubtful) return undefined
  return JSON.stringify({
    ...(doubts ? { d: doubtsJson(doubts) } : {}),
    ...(sinceMs === undefined ? {} : { o: sinceMs }),
    ...(shown ? { s: [shown.upload, shown.download] } : {}),
    ...(missed ? { m: [missed.lastSeenMs, missed.goneMs] } : {}),
    ...(guessed === undefined ? {} : { g: guessed }),
    ...(among === undefined ? {} : { a: among }),
  })
}

/** @throws SyntaxError, RangeError if the text is not a rest */
export function readRest(text: string): SessionRest {
  const json: unknown = JSON.parse(text)
  if (typeof json !== 'object' || json === null) throw new RangeError('not an object')
  const fields = new Map<string, unknown>(Object.entries(json))
  const [guessed, among] = [fields.get('g'), fields.get('a')]
  const [upload, download] = pairOf(fields.get('s'))
  const [lastSeenMs, goneMs] = pairOf(fields.get('m'))
  return {
    doubts: doubtsOf(fields.get('d')),
    owed: { sinceMs: numberOf(fields.get('o')), shown: bytesOf(upload, download) },
    missed: lastSeenMs === undefined || goneMs === undefined ? undefined : { lastSeenMs, goneMs },
    guessed: typeof guessed === 'string' ? guessed : undefined,
    among: typeof among === 'string' ? among : undefined,
  }
}

export function withRest(session: Session, { doubts, owed, missed, guessed, among }: SessionRest): Session {
  const { mark } = session
  return {
    ...session,
    mark: mark.kind === 'owed' ? { ...mark, ...owed } : { ...mark, doubts },
    missed,
    guessed,
    among,
  }
}

function bytesOf(upload: number | undefined, download: number | undefined): Bytes | undefined {
  return upload === undefined || download === undefined ? undefined : { upload, download }
}

function pairOf(json: unknown): readonly (number | undefined)[] {
  return Array.isArray(json) ? json.map(numberOf) : []
}

function numberOf(json: unknown): number | undefined {
  if (json === undefined) return undefined
  if (typeof json !== 'number' || !Number.isFinite(json)) throw new RangeError('not a number')
  return json
}
