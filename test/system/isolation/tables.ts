import fc from 'fast-check'
import type { Actions } from '../../../src/commands/command-line.ts'
import type { Subject } from '../../../src/feed/frames.ts'
import type { ClientMessage, TOPICS } from '../../../src/feed/messages.ts'
import type { PusherInbound } from '../../../src/feed/pusher/messages.ts'
import { NAMES } from './names.ts'

/**
 * What there is to be asked, and how the generated tests of this folder ask it. Whatever the daemon has and these have not
 * fails `enumeration.test.ts`, which says where to put it.
 */

const oneOf = (...values: readonly string[]) => fc.constantFrom(...values)
const name = oneOf(...NAMES)
const day = oneOf('2026-11-01', '2026-11-20', '2026-11-24', '2026-10-20', '2025-12-31', '2026-02-30')

/** The values that are tried for each query parameter of a page that asks for a token. */
export const PARAMETERS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  tenant: name,
  from: day,
  to: day,
  by: oneOf('hour', 'day', 'month', 'user', 'router', 'service', 'tenant'),
  user: oneOf('user-1', 'user-2', 'their-user', ...NAMES),
  router: oneOf('hq', 'hill', 'their-router', ...NAMES),
  service: oneOf('ppp', 'hotspot', 'globex'),
  status: oneOf('active', 'ended', 'all'),
  period: oneOf('today', 'month', 'all'),
  limit: oneOf('1', '2', '100', '1000', '1001', 'x'),
  format: oneOf('json', 'csv'),
  rule: oneOf('any-router', 'their-rule', ...NAMES),
  kind: oneOf('usage', 'router_offline', 'session_stalled', 'session_uncounted', 'more', 'globex'),
  subject: oneOf('hq', 'their-router', 'user-1', 'their-user', ...NAMES),
  /** Replaced by one of the other's own, where there is one. */
  cursor: oneOf('0', '1', '2', 'x'),
}

/** Pages that ask for no token, by the beginning of their path, and why they may. */
export const OPEN_PAGES: Readonly<Record<string, string>> = {
  '/healthz': 'tells that the process is alive, and nothing else',
  '/readyz': 'tells how the daemon is, and of no tenant',
  '/metrics': 'names tenants and routers: it is for whoever runs the daemon, and is documented as open',
  '/ws': 'is for an upgrade',
  '/app/': 'is for an upgrade',
  '/dashboard': 'has no numbers, only what asks for them with a token',
}

/** Pages to which something is posted, with a token. */
export const FORMS: Readonly<Record<string, string>> = {
  '/broadcasting/auth': 'pusher.test.ts',
}

/** Pages of which a tenant is told that it may not, whatever it asks. */
export const ADMIN_PAGES: Readonly<Record<string, string>> = {
  '/api/system/dashboard/stats': 'sums up all tenants',
}

export const UPGRADES: Readonly<Record<string, string>> = {
  '/ws': 'feed.test.ts',
  '/app/*': 'pusher.test.ts',
}

/** The type of message by which a tenant is shown its own; `undefined` where it is refused. */
export const SHOWN_BY_TOPIC: Readonly<Record<(typeof TOPICS)[number], string | undefined>> = {
  sessions: 'sessions',
  alerts: 'alert',
  system: undefined,
}

/** A message of each type, that names a tenant where it can. */
export const MESSAGES: {
  readonly [Type in ClientMessage['type']]: (topic: string, tenant: string | undefined) => object
} = {
  auth: (_, tenant) => ({ type: 'auth', token: tenant ?? '' }),
  subscribe: (topic, tenant) => ({ type: 'subscribe', topics: [topic], tenant }),
  unsubscribe: (topic, tenant) => ({ type: 'unsubscribe', topics: [topic], tenant }),
  refresh: () => ({ type: 'refresh' }),
}

/** Held by the compiler to be all that is encoded: what a frame is of, and which of the tests looks at it. */
export const SUBJECTS: Readonly<Record<Subject['kind'], string>> = {
  snapshot: 'feed.test.ts',
  sessions: 'feed.test.ts',
  system: 'feed.test.ts',
  stats: 'pusher.test.ts',
}

/** Held by the compiler to be all that a Pusher client can mean. `wrong` is a client's own event too. */
export const PUSHER_EVENTS: {
  readonly [Kind in PusherInbound['kind']]: (channel: string, auth: string) => object | string
} = {
  ping: () => ({ event: 'pusher:ping', data: {} }),
  pong: () => ({ event: 'pusher:pong', data: {} }),
  subscribe: (channel, auth) => ({ event: 'pusher:subscribe', data: { channel, auth } }),
  unsubscribe: channel => ({ event: 'pusher:unsubscribe', data: { channel } }),
  wrong: channel => ({ event: 'client-typing', channel, data: { x: 1 } }),
  malformed: () => '{"event":',
}

/** Commands are the operator's, who may see all tenants; why each that tells of one tenant tells of no other. */
export const COMMANDS: Readonly<Record<keyof Actions, string>> = {
  run: 'prints its log, for the operator',
  check: 'prints the faults of the config',
  probe: 'asks the routers of the config that it is given',
  status: 'tells of all tenants, by a socket that only the daemon’s user may open',
  usage: 'commands.test.ts: `--tenant` is of that tenant alone',
  events: 'commands.test.ts: `--tenant` is of that tenant alone',
  credit: 'commands.test.ts: changes the numbers of the tenant whose event it is, and of no other',
  migrate: 'prints nothing of any tenant',
  psql: 'opens the database of all tenants, for whoever may open the daemon’s files',
  token: 'prints a token for the tenant that is named',
  completion: 'prints a script',
  complete: 'prints names of the config, for the operator’s shell',
}
