import { addBytes, type Bytes, NO_BYTES } from '../../accounting/bytes.ts'
import type { LedgerEvent } from '../../accounting/entry.ts'
import type { PendingSession } from '../../accounting/waiting/pending-session.ts'
import { storableText } from '../pg/storable.ts'
import type { BindingChange, RouterEvent } from './router-statements.ts'
import { type SessionChange, sumOf } from './session-statements.ts'
import type { Refused } from './write-accepted.ts'

/** Identifies the event of an entry that is refused in one commit after another. */
export interface RefusedSubject {
  /** A property of the event's detail. */
  readonly property: 'session_id' | 'name'
  readonly value: string
  /** The earliest time of such an event, in milliseconds of our wall clock; `undefined` if it can have any age. */
  readonly sinceMs: number | undefined
}

/** Something that the database refused, as its event describes it. */
export interface RefusedEntry {
  /** Names the entry, for the log. */
  readonly what: string
  /** `undefined` if it cannot be refused again. */
  readonly subject: RefusedSubject | undefined
  readonly reason: string
  /** Numbers and words of our own, which the database accepts. */
  readonly facts: Readonly<Record<string, unknown>>
  /** Details that help an operator, but may be what was refused. */
  readonly more: Readonly<Record<string, unknown>>
}

/** A session of which neither the row nor the bytes are written. */
export function refusedSession({ entry, reason }: Refused<SessionChange>): RefusedEntry {
  return { what: `session ${entry.session.id}`, reason, ...detailOf('session', entry) }
}

/** Bytes of a session whose row is written. */
export function refusedBytes({ entry, reason }: Refused<SessionChange>): RefusedEntry {
  return { what: `bytes of session ${entry.session.id}`, reason, ...detailOf('bytes', entry) }
}

function detailOf(entry: 'session' | 'bytes', { session, shares }: SessionChange) {
  const { id, service, username, startMs: sinceMs } = session
  const subject: RefusedSubject = { property: 'session_id', value: id, sinceMs }
  return {
    subject,
    facts: { entry, session_id: id, service, ...sumOf(shares) },
    more: { username: shortened(username), days: daysOf(shares) },
  }
}

function daysOf(shares: PendingSession['shares']): Readonly<Record<string, Bytes>> {
  const days = new Map<string, Bytes>()
  for (const share of shares.values()) days.set(share.day, addBytes(days.get(share.day) ?? NO_BYTES, share))
  return Object.fromEntries(days)
}

export function refusedBinding({ entry, reason }: Refused<BindingChange>): RefusedEntry {
  const { mark } = entry
  const name = storableText(shortened(entry.name))
  return {
    what: `binding ${name}`,
    subject: { property: 'name', value: name, sinceMs: undefined },
    reason,
    facts: { entry: 'binding', counters: mark.counters },
    more: { name },
  }
}

export function refusedEvent({ entry, reason }: Refused<RouterEvent>): RefusedEntry {
  const { kind, at, detail } = entry.event
  return {
    what: `event ${kind}`,
    subject: undefined,
    reason,
    facts: { entry: 'event', kind },
    // An invalid date becomes null.
    more: { at, detail: shortenedDetail(detail) },
  }
}

/**
 * Makes the event of a refused entry.
 * @param how `full`: with all details; `bare`: only with what the database certainly accepts
 */
export function setAsideEvent(
  { reason, facts, more }: RefusedEntry,
  at: Date,
  how: 'full' | 'bare',
): LedgerEvent {
  const detail = { ...facts, ...(how === 'full' ? more : {}), reason: shortened(reason) }
  return { kind: 'set_aside', at, detail }
}

/** A key that is equal for all events of one subject and reason. */
export function eventKeyOf(detail: LedgerEvent['detail']): string {
  return JSON.stringify([detail['session_id'], detail['name'], detail['entry'], detail['reason']])
}

/** The `eventKeyOf` of an entry's event; `undefined` if the entry cannot be refused again. */
export function keyOfRefused({ subject, facts, reason }: RefusedEntry): string | undefined {
  if (!subject) return undefined
  const detail = { entry: facts['entry'], reason: storableText(shortened(reason)) }
  return eventKeyOf({ ...detail, [subject.property]: subject.value })
}

function shortenedDetail(detail: LedgerEvent['detail']): LedgerEvent['detail'] {
  return Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name,
      typeof value === 'string' ? shortened(value) : value,
    ]),
  )
}

const MOST_CHARACTERS = 200

/** Shortens a text, because its length may be what was refused. */
function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
}
