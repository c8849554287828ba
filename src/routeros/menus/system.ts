import type { Window } from '../../accounting/reading.ts'
import { RouterTrap } from '../errors.ts'
import type { RouterConnection } from '../wire/connection.ts'
import { beganAt, proplist, requiredUptimeOf } from './fields.ts'
import { readSerial } from './serial-number.ts'

/** What a router reports about itself. */
export interface RouterSystem {
  readonly identity: string
  /** `7.20.1 (stable)` */
  readonly version: string
  readonly boot: Window
  /** The device's own number; absent if it does not report one. */
  readonly serial: string | undefined
}

/**
 * Reads a router's identity, version, boot time and serial number.
 * @throws RouterError
 */
export async function readSystem(connection: RouterConnection): Promise<RouterSystem> {
  const [resource, identity, serial] = await Promise.all([
    connection.command('/system/resource/print', proplist('uptime', 'version')),
    connection.command('/system/identity/print', proplist('name')),
    readSerial(connection),
  ])
  const system = resource.rows[0] ?? new Map<string, string>()
  return {
    identity: identity.rows[0]?.get('name') ?? '',
    version: system.get('version') ?? '',
    boot: beganAt(resource, requiredUptimeOf(system, '/system/resource')),
    serial,
  }
}

/**
 * Checks whether a FastTrack rule is on. Its traffic bypasses the hotspot, whose counters can then be short.
 * @throws RouterError
 */
export async function hasFastTrack(connection: RouterConnection): Promise<boolean> {
  try {
    const rules = await connection.command(
      '/ip/firewall/filter/print',
      proplist('.id', 'disabled'),
      '?action=fasttrack-connection',
    )
    return rules.rows.some(rule => rule.get('disabled') !== 'true')
  } catch (error) {
    // A router that refuses this menu can still be read.
    if (error instanceof RouterTrap) return false
    throw error
  }
}
