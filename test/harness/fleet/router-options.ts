import type { TlsIdentity } from './certificate.ts'
import type { RouterUser } from './login.ts'
import type { Version } from './print.ts'

/** The id in a licence: a virtual machine's, a PC's, or none. */
export interface License {
  readonly systemId?: string
  readonly softwareId?: string
}

/** Options of a simulated router; defaults are in `DEFAULTS`. */
export interface RouterOptions {
  readonly version: Version
  readonly identity: string
  /** The board's serial number; without it there is no `/system/routerboard`, as on a virtual machine. */
  readonly serial: string | undefined
  readonly license: License
  readonly users: readonly RouterUser[]
  /** Installed packages; the menus of the others are absent. */
  readonly packages: readonly ('hotspot' | 'ppp')[]
  /** Without it the API uses plain TCP. */
  readonly tls: TlsIdentity | undefined
  readonly host: string
  readonly port: number
  /** Before 6.43: an MD5 challenge instead of the password. */
  readonly hasOldLogin: boolean
  /** Whether rows of concurrent commands are interleaved. */
  readonly isInterleaving: boolean
  readonly hasFasttrack: boolean
  /** How far its clock is ahead of ours. */
  readonly clockAheadMs: number
  /** Its uptime when it is created. */
  readonly uptimeMs: number
  /** Whether it replaces another router. */
  readonly isSpare: boolean
  /** Milliseconds of a steady clock. */
  readonly now: () => number
}

export const DEFAULTS: RouterOptions = {
  version: '7.20',
  identity: 'router',
  serial: undefined,
  license: {},
  users: [{ name: 'usage', password: 'secret', policy: ['read', 'api'] }],
  packages: ['hotspot', 'ppp'],
  tls: undefined,
  host: '127.0.0.1',
  port: 0,
  hasOldLogin: false,
  isInterleaving: false,
  hasFasttrack: false,
  clockAheadMs: 0,
  uptimeMs: 86_400_000,
  isSpare: false,
  now: () => performance.timeOrigin + performance.now(),
}
