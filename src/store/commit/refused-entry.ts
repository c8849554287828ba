import { addBytes, type Bytes, NO_BYTES } from '../../accounting/bytes.ts'
import type { LedgerEvent } from '../../accounting/entry.ts'
import type { PendingSession } from '../../accounting/waiting/pending-session.ts'
import { storableText } from '../pg/storable.ts'
import type { BindingChange, RouterEvent } from './router-statements.ts'
import { type SessionChange, sumOf } from './session-statements.ts'
import type { Refusal } from './write-accepted.ts'

/** What is refused commit after commit has one event, which is found again by this. */
export interface RefusedSubject {
  /** Of the event's detail. */
  readonly property: 'session_id' | 'name'
  readonly value: string
  /** No event of it can be older: milliseconds by our wall clock; absent where it can be of any age. */
  readonly sinceMs: number | undefined
}

/** Something that the database would not have, as its `ledger_events` tell it. */
export interface RefusedEntry {
  /** Which one it is, in a line of the log. */
  readonly what: string
  /** Absent where it can not be refused again. */
  readonly subject: RefusedSubject | undefined
  readonly reason: string
  /** Numbers and words of ours, which the database takes whatever the router said. */
  readonly facts: Readonly<Record<string, unknown>>
  /** What makes it easier to put right, and may have been the reason. */
  readonly more: Readonly<Record<string, unknown>>
}

/** The whole session: neither its row nor its bytes are written. */
export function refusedSession({ entry, reason }: Refusal<SessionChange>): RefusedEntry {
  return { what: `session ${entry.session.id}`, reason, ...detailOf('session', entry) }
}

/** Bytes of a session whose row is there. */
export function refusedBytes({ entry, reason }: Refusal<SessionChange>): RefusedEntry {
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

export function refusedBinding({ entry, reason }: Refusal<BindingChange>): RefusedEntry {
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

export function refusedEvent({ entry, reason }: Refusal<RouterEvent>): RefusedEntry {
  const { kind, at, detail } = entry.event
  return {
    what: `event ${kind}`,
    subject: undefined,
    reason,
    facts: { entry: 'event', kind },
    // An instant that is none becomes null.
    more: { at, detail: shortenedDetail(detail) },
  }
}

/** @param how whether with all that is known of it, or only with what the database surely takes */
export function setAsideEvent(
  { reason, facts, more }: RefusedEntry,
  at: Date,
  how: 'full' | 'bare',
): LedgerEvent {
  const detail = { ...facts, ...(how === 'full' ? more : {}), reason: shortened(reason) }
  return { kind: 'set_aside', at, detail }
}

/** The same for all events of one subject that was refused for one reason, and for the entry itself. */
export function eventKeyOf(detail: LedgerEvent['detail']): string {
  return JSON.stringify([detail['session_id'], detail['name'], detail['entry'], detail['reason']])
}

/** By which the event of an entry is known; `undefined` where it can not be refused again. */
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

/** Too long a text may be what was refused. */
function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
}
