import { doubtsJson } from '../../accounting/counting/doubt-text.ts'
import type { CountedMark } from '../../accounting/counting/mark.ts'
import type { LedgerEvent } from '../../accounting/entry.ts'
import type { RouterId, TenantId } from '../../accounting/ids.ts'
import type { LastReading } from '../../accounting/ledger.ts'
import type { Service } from '../../accounting/reading.ts'
import type { Pending } from '../../accounting/waiting/pending.ts'
import type { RouterCommit, RouterRef } from '../../recording/ports.ts'
import { storedDevice } from '../load/stored-device.ts'
import type { Column } from '../pg/binary-array.ts'
import { storableBytes, storableInstant, storableJson, storableText } from '../pg/storable.ts'
import { namesOf, unnestStatement } from '../pg/unnest.ts'

const TENANT: Column<{ tenant: TenantId }> = { name: 'tenant_id', type: 'text', of: ({ tenant }) => tenant }
const ROUTER: Column<{ router: RouterId }> = { name: 'router_id', type: 'text', of: ({ router }) => router }

const POSITION: Column<RouterCommit> = {
  name: 'position',
  type: 'int8',
  of: ({ pending }) => pending.position,
}

const EPOCH: Column<RouterCommit> = { name: 'committed_epoch', type: 'int8', of: ({ epoch }) => epoch }

/** Null if this commit has no reading; then the row keeps its value. */
const LAST_READING: Column<RouterCommit> = {
  name: 'last_reading_at',
  type: 'timestamptz',
  of: ({ pending }) => lastReadingAt(pending),
}

export const UPDATE_ROUTERS = unnestStatement(
  'tikmeter_update_routers',
  [TENANT, ROUTER, POSITION, EPOCH, LAST_READING],
  rows => `update tik.routers as r set position = t.position, committed_epoch = t.committed_epoch,
      last_reading_at = coalesce(t.last_reading_at, r.last_reading_at)
    from ${rows} as t (tenant_id, router_id, position, committed_epoch, last_reading_at)
    where r.tenant_id = t.tenant_id and r.id = t.router_id`,
)

function lastReadingAt({ readings }: Pending): number | null {
  let last: LastReading | undefined
  for (const it of readings.values()) if (!last || it.at.steadyMs > last.at.steadyMs) last = it
  return last ? storableInstant(last.at.wall.getTime()) : null
}

/** The last reading of one service. */
export interface ServiceReading extends RouterRef {
  readonly service: Service
  readonly last: LastReading
}

const SERVICE: Column<{ service: Service }> = {
  name: 'service',
  type: 'text',
  of: ({ service }) => storableText(service),
}

const reading = (name: string, of: (last: LastReading) => number): Column<ServiceReading> => ({
  name,
  type: 'timestamptz',
  of: ({ last }) => storableInstant(of(last)),
})

const READING_TIMES: readonly Column<ServiceReading>[] = [
  reading('reading_at', ({ at }) => at.wall.getTime()),
  reading('steady_at', ({ at }) => at.steadyMs),
  reading('boot_earliest_at', ({ boot }) => Math.floor(boot.earliestMs)),
  reading('boot_latest_at', ({ boot }) => Math.ceil(boot.latestMs)),
]

const READING_COLUMNS: readonly Column<ServiceReading>[] = [
  ...[TENANT, ROUTER, SERVICE, ...READING_TIMES],
  { name: 'device', type: 'jsonb', of: ({ last }) => storedDevice(last) },
]

/** Inserts or updates readings. A device that a reading does not know keeps its value. */
export const SET_READINGS = unnestStatement(
  'tikmeter_set_readings',
  READING_COLUMNS,
  rows => `insert into tik.router_services as s (${namesOf(READING_COLUMNS)}) select * from ${rows}
    on conflict (tenant_id, router_id, service) do update
    set ${READING_TIMES.map(({ name }) => `${name} = excluded.${name}`).join(', ')},
      device = coalesce(excluded.device, s.device)`,
)

export interface BindingChange extends RouterRef {
  readonly service: Service
  readonly name: string
  readonly mark: CountedMark
}

const BINDING_COLUMNS: readonly Column<BindingChange>[] = [
  TENANT,
  ROUTER,
  SERVICE,
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
  rows => `insert into tik.binding_counters (${namesOf(BINDING_COLUMNS)}) select * from ${rows}
    on conflict (tenant_id, router_id, service, interface)
    do update set upload = excluded.upload, download = excluded.download, doubts = excluded.doubts`,
)

/** A service whose bindings now belong to another router. */
export type ForgottenBindings = Pick<BindingChange, 'tenant' | 'router' | 'service'>

export const FORGET_BINDINGS = unnestStatement<ForgottenBindings>(
  'tikmeter_forget_bindings',
  [TENANT, ROUTER, SERVICE],
  (rows, tenants) => `delete from tik.binding_counters as b using ${rows} as t (tenant_id, router_id, service)
    where b.tenant_id = t.tenant_id and b.router_id = t.router_id and b.service = t.service
      ${tenants.and('b.tenant_id')}`,
)

export interface RouterEvent extends RouterRef {
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
  (rows, { end }) => `insert into tik.ledger_events (${namesOf(EVENT_COLUMNS)}) select * from ${rows}${end}`,
)

/** Inserts events that are not there yet: a retry of a successful insert adds nothing. */
export const INSERT_EVENTS_ONCE = unnestStatement(
  'tikmeter_insert_events_once',
  EVENT_COLUMNS,
  (rows, tenants) => `insert into tik.ledger_events (${namesOf(EVENT_COLUMNS)})
    select t.* from ${rows} as t (${namesOf(EVENT_COLUMNS)})
    left join ${tenants.rowsOf('tik.ledger_events')} as e using (${namesOf(EVENT_COLUMNS)}) where e.id is null`,
)
