import type { SessionReading, UnreadRow } from '../../accounting/reading.ts'
import { beganAt, textOf, unreadable } from '../../routeros/menus/fields.ts'
import type { SameWords } from '../../routeros/menus/interned.ts'
import type { Asked } from '../../routeros/wire/connection.ts'
import type { Row } from '../../routeros/wire/sentence.ts'

/** A session whose row was told whole. */
export interface Active {
  readonly number: number
  readonly session: SessionReading
}

/** One whose row can not be read. */
export interface UnreadActive {
  readonly number: number
  readonly row: UnreadRow
}

/** A row of `/ppp/active`, without its counters. */
export function pppSessionOf(
  asked: Asked,
  row: Row,
  uptimeSeconds: number,
  words: SameWords,
): SessionReading {
  return {
    ...identityOf(row, words),
    uptimeSeconds,
    login: beganAt(asked, uptimeSeconds),
    counters: undefined,
    binding: undefined,
    joined: undefined,
    unreadable: undefined,
  }
}

/** One whose uptime can't be read. */
export function unreadPppRow(row: Row, words: SameWords): UnreadRow {
  return { ...identityOf(row, words), unreadable: unreadable(row, 'uptime') }
}

function identityOf(row: Row, words: SameWords) {
  return {
    protocol: words.of(row.get('service') ?? 'ppp'),
    username: row.get('name') ?? '',
    domain: undefined,
    server: undefined,
    macAddress: macOf(row.get('caller-id')),
    ipAddress: textOf(row, 'address'),
    routerSessionId: textOf(row, 'session-id'),
    callerId: textOf(row, 'caller-id'),
  }
}

/** PPPoE's caller is a MAC, that of the others an address. */
function macOf(caller: string | undefined): string | undefined {
  return caller !== undefined && /^([\dA-F]{2}:){5}[\dA-F]{2}$/i.test(caller) ? caller : undefined
}
