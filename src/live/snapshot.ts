import { addSums, type ByteSum, NO_SUM } from '../accounting/bytes.ts'
import type { RouterId, SessionId, TenantId } from '../accounting/ids.ts'
import type { MissingMenu, Service } from '../accounting/reading.ts'

/**
 * The numbers for dashboards. These types are the JSON itself: their names are promises to users, and the feed and the
 * HTTP API send the same. The fields of hotspot and PPP are always there, whether or not they are read; any other
 * service adds the fields that its description names.
 */

/** Bytes as JSON integers, exact up to 2^53. */
export interface UsageJson {
  readonly upload: number
  readonly download: number
  readonly used: number
}

export interface Stats {
  /** GB (bytes / 1024³) in total with two decimals, like the next four. */
  readonly data_usage: number
  readonly data_usage_upload: number
  readonly data_usage_download: number
  readonly monthly_data_usage: number
  readonly today_data_usage: number
  readonly bytes: { readonly total: UsageJson; readonly month: UsageJson; readonly today: UsageJson }
  /** Bits a second, between the last two readings. */
  readonly rates: { readonly upload_bps: number; readonly download_bps: number }
  readonly active_sessions: number
  /** Distinct subscribers online in hotspots. */
  readonly hotspot_users: number
  /** Distinct subscribers online by any PPP protocol. */
  readonly pppoe_users: number
  readonly total_routers: number
  readonly online_routers: number
  readonly offline_routers: number
  /** The tenant's day and month, `2026-11-24` and `2026-11`; null in the sum over tenants, whose days differ. */
  readonly day: string | null
  readonly month: string | null
  readonly timezone: string | null
  /** ISO 8601, UTC. */
  readonly last_updated: string
}

export type RouterState = 'online' | 'offline' | 'connecting' | 'disabled'

export interface RouterJson {
  readonly id: RouterId
  readonly name: string
  readonly state: RouterState
  readonly last_reading_at: string | null
  /** Sessions in its last readings, by service. */
  readonly hotspot: number
  readonly ppp: number
  /** How many of them have no counters and are not counted now. */
  readonly uncounted: number
  /** Menus that the router refused in its last poll. */
  readonly missing_menus: readonly MissingMenu[]
  readonly error: string | null
  /** Present if the router sends or has more than it may; `state` is independent of it. */
  readonly overloaded?: true
  /** What it has too much of, and what to do. Present with `overloaded`. */
  readonly overloaded_reason?: string
}

/** A tenant's snapshot at one moment. */
export interface Snapshot {
  readonly tenant: TenantId
  readonly asOf: Date
  readonly stats: Stats
  readonly routers: readonly RouterJson[]
}

/** An open session, as in the feed's `sessions` message. */
export interface SessionJson {
  readonly id: SessionId
  readonly service: Service
  readonly username: string
  readonly router: RouterId
  readonly ip_address: string | null
  readonly mac_address: string | null
  readonly start_time: string
  readonly upload: number
  readonly download: number
  readonly upload_bps: number
  readonly download_bps: number
}

/** A service as dashboards show it. */
export interface ShownService {
  /** The field of a router that has its sessions. */
  readonly name: Service
  /** The field of `stats` that has its distinct subscribers online. */
  readonly usersField: string
}

/** How many distinct subscribers of a service are online. */
export interface Subscribers extends ShownService {
  readonly online: number
}

/** The numbers from which a snapshot is made. */
export interface Totals {
  readonly total: ByteSum
  readonly month: ByteSum
  readonly today: ByteSum
  readonly uploadBps: number
  readonly downloadBps: number
  readonly activeSessions: number
  /** One for each service that is shown. */
  readonly subscribers: readonly Subscribers[]
  readonly routers: readonly RouterState[]
}

/** The current day of a tenant; `undefined` for the sum over tenants. */
export interface TenantDay {
  readonly day: string
  readonly timezone: string
}

export function statsOf(totals: Totals, where: TenantDay | undefined, now: Date): Stats {
  const { total, month, today, routers } = totals
  return {
    data_usage: gigabytes(total.upload + total.download),
    data_usage_upload: gigabytes(total.upload),
    data_usage_download: gigabytes(total.download),
    monthly_data_usage: gigabytes(month.upload + month.download),
    today_data_usage: gigabytes(today.upload + today.download),
    bytes: { total: usageJson(total), month: usageJson(month), today: usageJson(today) },
    rates: { upload_bps: Math.round(totals.uploadBps), download_bps: Math.round(totals.downloadBps) },
    active_sessions: totals.activeSessions,
    ...{ hotspot_users: 0, pppoe_users: 0 },
    ...Object.fromEntries(totals.subscribers.map(({ usersField, online }) => [usersField, online])),
    total_routers: routers.length,
    online_routers: routers.filter(state => state === 'online').length,
    offline_routers: routers.filter(state => state === 'offline' || state === 'connecting').length,
    day: where?.day ?? null,
    month: where?.day.slice(0, 7) ?? null,
    timezone: where?.timezone ?? null,
    last_updated: now.toISOString(),
  }
}

export const NO_TOTALS: Totals = {
  total: NO_SUM,
  month: NO_SUM,
  today: NO_SUM,
  uploadBps: 0,
  downloadBps: 0,
  activeSessions: 0,
  subscribers: [],
  routers: [],
}

/** The sum over tenants. A person with accounts at two tenants counts as two subscribers. */
export function sumTotals(all: readonly Totals[]): Totals {
  const bytes = (of: (totals: Totals) => ByteSum) => all.reduce((sum, it) => addSums(sum, of(it)), NO_SUM)
  const count = (of: (totals: Totals) => number) => all.reduce((sum, it) => sum + of(it), 0)
  return {
    total: bytes(it => it.total),
    month: bytes(it => it.month),
    today: bytes(it => it.today),
    uploadBps: count(it => it.uploadBps),
    downloadBps: count(it => it.downloadBps),
    activeSessions: count(it => it.activeSessions),
    subscribers: sumSubscribers(all.flatMap(it => it.subscribers)),
    routers: all.flatMap(it => it.routers),
  }
}

function sumSubscribers(all: readonly Subscribers[]): readonly Subscribers[] {
  const sums = new Map<Service, Subscribers>()
  for (const one of all)
    sums.set(one.name, { ...one, online: one.online + (sums.get(one.name)?.online ?? 0) })
  return [...sums.values()]
}

function usageJson(sum: ByteSum): UsageJson {
  return {
    upload: Number(sum.upload),
    download: Number(sum.download),
    used: Number(sum.upload + sum.download),
  }
}

function gigabytes(bytes: bigint): number {
  return Math.round((Number(bytes) / 1024 ** 3) * 100) / 100
}
