import * as z from 'zod'
import { type AwayReading, NONE_AWAY } from '../../accounting/device.ts'
import type { LastReading } from '../../accounting/ledger.ts'
import type { Device } from '../../accounting/reading.ts'
import { storableJson } from '../pg/storable.ts'

/** Instants are milliseconds; `steady_ms` and the boot's are anchored to the wall clock. */
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

/** Which router answered in a reading, and those that did before at the same address, as `router_services` has it. */
export interface StoredDevice {
  readonly device: Device | undefined
  readonly away: readonly AwayReading[]
}

/** @returns JSON, or `null` where no reading has told of a router */
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

/** Nothing where the column has none, or none that this release knows. */
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
