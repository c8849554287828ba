import type { TlsIdentity } from './certificate.ts'
import type { RouterUser } from './login.ts'
import type { Version } from './print.ts'

/** Which of its ids a licence has: a virtual machine's, a PC's, or none that is told. */
export interface License {
  readonly systemId?: string
  readonly softwareId?: string
}

/** What a test says of its router; the rest is as `DEFAULTS` has it. */
export interface RouterOptions {
  readonly version: Version
  readonly identity: string
  /** Of the board; without it there is no `/system/routerboard`, as on a virtual machine. */
  readonly serial: string | undefined
  readonly license: License
  readonly users: readonly RouterUser[]
  /** What is installed; the menus of the others are absent. */
  readonly packages: readonly ('hotspot' | 'ppp')[]
  /** Without it the API is plain TCP. */
  readonly tls: TlsIdentity | undefined
  readonly host: string
  readonly port: number
  /** Before 6.43: an MD5 challenge instead of the password. */
  readonly hasOldLogin: boolean
  /** Rows of concurrent commands come mixed. */
  readonly isInterleaving: boolean
  readonly hasFasttrack: boolean
  /** Of its clock, before ours. */
  readonly clockAheadMs: number
  /** For how long it has been up when it is made. */
  readonly uptimeMs: number
  /** Whether it takes another router's place. */
  readonly isSpare: boolean
  /** Milliseconds that only grow. */
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
