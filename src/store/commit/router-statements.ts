import { doubtsJson } from '../../accounting/counting/doubt-text.ts'
import type { CountedMark } from '../../accounting/counting/mark.ts'
import type { LedgerEvent } from '../../accounting/entry.ts'
import type { RouterId, TenantId } from '../../accounting/ids.ts'
import type { LastReading } from '../../accounting/ledger.ts'
import type { Service } from '../../accounting/reading.ts'
import type { SessionLimits } from '../../accounting/session-budget.ts'
import type { Pending } from '../../accounting/waiting/pending.ts'
import { storedDevice } from '../load/stored-device.ts'
import type { Column } from '../pg/binary-array.ts'
import { storableBytes, storableInstant, storableJson, storableText } from '../pg/storable.ts'
import { namesOf, unnestStatement } from '../pg/unnest.ts'

/** All of one router that waits to be committed. */
export interface RouterCommit {
  readonly tenant: TenantId
  readonly router: RouterId
  /** Of the lease under which it is committed. */
  readonly epoch: number
  /** By which its names are limited: see `daily-names.ts`. */
  readonly limits: Pick<SessionLimits, 'maxSessions'>
  readonly pending: Pending
}

const TENANT: Column<{ tenant: TenantId }> = { name: 'tenant_id', type: 'text', of: ({ tenant }) => tenant }
const ROUTER: Column<{ router: RouterId }> = { name: 'router_id', type: 'text', of: ({ router }) => router }

const reading = (
  service: Service,
  name: string,
  of: (reading: LastReading) => number,
): Column<RouterCommit> => ({
  name: `${service}_${name}`,
  type: 'timestamptz',
  of: ({ pending }) => {
    const last = pending.readings.get(service)
    return last ? storableInstant(of(last)) : null
  },
})

const readings = (service: Service): readonly Column<RouterCommit>[] => [
  reading(service, 'reading_at', ({ at }) => at.wall.getTime()),
  reading(service, 'steady_at', ({ at }) => at.steadyMs),
  reading(service, 'boot_earliest_at', ({ boot }) => Math.floor(boot.earliestMs)),
  reading(service, 'boot_latest_at', ({ boot }) => Math.ceil(boot.latestMs)),
  {
    name: `${service}_device`,
    type: 'jsonb',
    of: ({ pending }) => {
      const last = pending.readings.get(service)
      return last ? storedDevice(last) : null
    },
  },
]

/** Absent where this commit has no reading of the service: then the row's stand. */
const READINGS: readonly Column<RouterCommit>[] = [
  { name: 'last_reading_at', type: 'timestamptz', of: ({ pending }) => lastReadingAt(pending) },
  ...readings('hotspot'),
  ...readings('ppp'),
]

const POSITION: Column<RouterCommit> = {
  name: 'position',
  type: 'int8',
  of: ({ pending }) => pending.position,
}

const EPOCH: Column<RouterCommit> = { name: 'committed_epoch', type: 'int8', of: ({ epoch }) => epoch }

export const UPDATE_ROUTERS = unnestStatement(
  'tikmeter_update_routers',
  [TENANT, ROUTER, POSITION, EPOCH, ...READINGS],
  rows => `update routers as r set position = t.position, committed_epoch = t.committed_epoch,
      ${READINGS.map(({ name }) => `${name} = coalesce(t.${name}, r.${name})`).join(', ')}
    from ${rows} as t (tenant_id, router_id, position, committed_epoch, ${namesOf(READINGS)})
    where r.tenant_id = t.tenant_id and r.id = t.router_id`,
)

function lastReadingAt({ readings }: Pending): number | null {
  let last: LastReading | undefined
  for (const it of readings.values()) if (!last || it.at.steadyMs > last.at.steadyMs) last = it
  return last ? storableInstant(last.at.wall.getTime()) : null
}

export interface BindingChange {
  readonly tenant: TenantId
  readonly router: RouterId
  readonly name: string
  readonly mark: CountedMark
}

const BINDING_COLUMNS: readonly Column<BindingChange>[] = [
  TENANT,
  ROUTER,
  { name: 'interface', type: 'text', of: ({ name }) => storableText(name) },
  {
    name: 'upload',
    type: 'int8',
    of: ({ mark }) => storableBytes(mark.counters.upload),
  },
  {
    name: 'download',
    type: 'int8',
    of: ({ mark }) => storableBytes(mark.counters.download),
  },
  {
    name: 'doubts',
    type: 'jsonb',
    of: ({ mark: { doubts } }) => (doubts ? JSON.stringify(doubtsJson(doubts)) : null),
  },
]

export const SET_BINDINGS = unnestStatement(
  'tikmeter_set_bindings',
  BINDING_COLUMNS,
  rows => `insert into binding_counters (${namesOf(BINDING_COLUMNS)}) select * from ${rows}
    on conflict (tenant_id, router_id, interface)
    do update set upload = excluded.upload, download = excluded.download, doubts = excluded.doubts`,
)

/** Bindings that are another router's now. */
export const FORGET_BINDINGS = unnestStatement<RouterCommit>(
  'tikmeter_forget_bindings',
  [TENANT, ROUTER],
  rows => `delete from binding_counters as b using ${rows} as t (tenant_id, router_id)
    where b.tenant_id = t.tenant_id and b.router_id = t.router_id`,
)

export interface RouterEvent {
  readonly tenant: TenantId
  readonly router: RouterId
  readonly event: LedgerEvent
}

const EVENT_COLUMNS: readonly Column<RouterEvent>[] = [
  TENANT,
  ROUTER,
  { name: 'at', type: 'timestamptz', of: ({ event }) => storableInstant(event.at.getTime()) },
  { name: 'kind', type: 'text', of: ({ event }) => event.kind },
  { name: 'detail', type: 'jsonb', of: ({ event }) => storableJson(event.detail) },
]

export const INSERT_EVENTS = unnestStatement(
  'tikmeter_insert_events',
  EVENT_COLUMNS,
  rows => `insert into ledger_events (${namesOf(EVENT_COLUMNS)}) select * from ${rows}`,
)

/** As `INSERT_EVENTS`, but for what is there already: a retry whose first try had got through adds nothing. */
export const INSERT_EVENTS_ONCE = unnestStatement(
  'tikmeter_insert_events_once',
  EVENT_COLUMNS,
  rows => `insert into ledger_events (${namesOf(EVENT_COLUMNS)})
    select * from ${rows} as t (${namesOf(EVENT_COLUMNS)}) where not exists (
      select from ledger_events as e where e.tenant_id = t.tenant_id and e.at = t.at
        and e.router_id = t.router_id and e.kind = t.kind and e.detail = t.detail)`,
)
