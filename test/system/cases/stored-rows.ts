import { expect } from 'vitest'
import { type LedgerScene, sums } from '../../store/pg/ledger-scene.ts'

export interface StoredSession {
  readonly username: string
  readonly domain: string | null
  readonly protocol: string
  readonly ip_address: string | null
  readonly status: 'active' | 'ended'
  readonly end_reason: string | null
  readonly start_time: Date
  readonly end_time: Date | null
  readonly data_upload: number
  readonly data_download: number
}

export interface StoredEvent {
  readonly kind: string
  readonly detail: Readonly<Record<string, unknown>>
}

export interface StoredDay {
  readonly day: string
  readonly username: string
  readonly upload: number
  readonly download: number
}

/** `user_sessions`, by name and login. The other three tables must agree with it. */
export async function storedSessions(ledger: LedgerScene): Promise<readonly StoredSession[]> {
  const [all] = await sums(ledger)
  const added = Object.values(all ?? {}).map(it => it ?? '0')
  expect(new Set(added), 'what the four tables add up to').toHaveLength(1)
  return select<StoredSession>(
    ledger,
    `select username, domain, protocol, ip_address, status, end_reason, start_time, end_time,
       data_upload::float8, data_download::float8
     from user_sessions order by username, start_time, id`,
  )
}

/** `ledger_events`, in their order. */
export function storedEvents(ledger: LedgerScene): Promise<readonly StoredEvent[]> {
  return select<StoredEvent>(ledger, 'select kind, detail from ledger_events order by id')
}

/** `usage_daily`, by day and name. */
export function storedDays(ledger: LedgerScene): Promise<readonly StoredDay[]> {
  return select<StoredDay>(
    ledger,
    'select day::text, username, upload::float8, download::float8 from usage_daily order by day, username',
  )
}

async function select<Row extends object>(
  { database }: LedgerScene,
  statement: string,
): Promise<readonly Row[]> {
  return (await database.pool.query<Row>(statement)).rows
}
