import * as z from 'zod'
import { type AwayReading, NONE_AWAY } from '../../accounting/device.ts'
import type { LastReading } from '../../accounting/ledger.ts'
import type { Device } from '../../accounting/reading.ts'
import { storableJson } from '../pg/storable.ts'

/** Instants are milliseconds; `steady_ms` and those of the boot are anchored to the wall clock. */
const DEVICE = z.object({ serial: z.string().nullable(), identity: z.string() })
const STORED = DEVICE.extend({
  away: z.array(
    DEVICE.extend({
      at_ms: z.number(),
      steady_ms: z.number(),
      boot_earliest_ms: z.number(),
      boot_latest_ms: z.number(),
    }),
  ),
})

/** The router that answered in a reading, and the away ones that did before at the same address. */
export interface StoredDevice {
  readonly device: Device | undefined
  readonly away: readonly AwayReading[]
}

/** @returns JSON for `router_services.device`, or `null` if no reading has identified a router */
export function storedDevice({ device, away }: LastReading): string | null {
  if (!device) return null
  return storableJson({
    ...deviceJson(device),
    away: away.map(({ device, at, boot }) => ({
      ...deviceJson(device),
      at_ms: at.wall.getTime(),
      steady_ms: at.steadyMs,
      boot_earliest_ms: boot.earliestMs,
      boot_latest_ms: boot.latestMs,
    })),
  } satisfies z.infer<typeof STORED>)
}

/** Parses `router_services.device`. Returns nothing for null, and for JSON that this release does not know. */
export function deviceOf(json: unknown): StoredDevice {
  const { data } = STORED.safeParse(json)
  if (!data) return { device: undefined, away: NONE_AWAY }
  const away = data.away.map(it => ({
    device: { serial: it.serial ?? undefined, identity: it.identity },
    at: { wall: new Date(it.at_ms), steadyMs: it.steady_ms },
    boot: { earliestMs: it.boot_earliest_ms, latestMs: it.boot_latest_ms },
    isFromAnotherProcess: true,
  }))
  return { device: { serial: data.serial ?? undefined, identity: data.identity }, away }
}

function deviceJson({ serial, identity }: Device) {
  return { serial: serial ?? null, identity }
}
