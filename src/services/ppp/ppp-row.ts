import type { SessionReading, UnreadRow } from '../../accounting/reading.ts'
import { beganAt, textOf, unreadable } from '../../routeros/menus/fields.ts'
import type { Interned } from '../../routeros/menus/interned.ts'
import type { Asked } from '../../routeros/wire/connection.ts'
import type { Row } from '../../routeros/wire/sentence.ts'

/** A session of `/ppp/active` whose row was parsed in full. */
export interface ActiveSession {
  readonly number: number
  readonly session: SessionReading
}

/** A row of `/ppp/active` that cannot be read. */
export interface UnreadActive {
  readonly number: number
  readonly row: UnreadRow
}

/** Builds the session of a row of `/ppp/active`, without counters. */
export function pppSessionOf(
  asked: Asked,
  row: Row,
  uptimeSeconds: number,
  interned: Interned,
): SessionReading {
  return {
    ...identityOf(row, interned),
    uptimeSeconds,
    login: beganAt(asked, uptimeSeconds),
    counters: undefined,
    binding: undefined,
    joined: undefined,
    unreadable: undefined,
  }
}

/** Describes a row of `/ppp/active` whose uptime cannot be read. */
export function unreadPppRow(row: Row, interned: Interned): UnreadRow {
  return { ...identityOf(row, interned), unreadable: unreadable(row, 'uptime') }
}

function identityOf(row: Row, interned: Interned) {
  return {
    protocol: interned.of(row.get('service') ?? 'ppp'),
    username: row.get('name') ?? '',
    domain: undefined,
    server: undefined,
    macAddress: macOf(row.get('caller-id')),
    ipAddress: textOf(row, 'address'),
    routerSessionId: textOf(row, 'session-id'),
    callerId: textOf(row, 'caller-id'),
  }
}

/** The caller is a MAC for PPPoE, and an address for the other protocols. */
function macOf(caller: string | undefined): string | undefined {
  return caller !== undefined && /^([\dA-F]{2}:){5}[\dA-F]{2}$/i.test(caller) ? caller : undefined
}
