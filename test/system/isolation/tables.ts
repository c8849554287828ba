import fc from 'fast-check'
import type { Actions } from '../../../src/commands/command-line.ts'
import type { ClientMessage, TOPICS } from '../../../src/feed/feed-messages.ts'
import type { Subject } from '../../../src/feed/frames.ts'
import type { PusherInbound } from '../../../src/feed/pusher/pusher-messages.ts'
import { NAMES } from './names.ts'

/**
 * Everything that can be requested of the daemon, and how the generated tests of this folder request it. A part of the
 * daemon that is missing here fails `enumeration.test.ts`, which says where to add it.
 */

const oneOf = (...values: readonly string[]) => fc.constantFrom(...values)
const name = oneOf(...NAMES)
const day = oneOf('2026-11-01', '2026-11-20', '2026-11-24', '2026-10-20', '2025-12-31', '2026-02-30')

/** The values tried for each query parameter of a page that needs a token. */
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
  /** Replaced by a cursor of the other tenant's own pages, if there is one. */
  cursor: oneOf('0', '1', '2', 'x'),
}

/** Pages that need no token, by the beginning of their path, with the reason why. */
export const OPEN_PAGES: Readonly<Record<string, string>> = {
  '/healthz': 'says only that the process is alive',
  '/readyz': 'says how the daemon is, and names no tenant',
  '/metrics': 'names tenants and routers: it is for the operator of the daemon, and is documented as open',
  '/ws': 'is for an upgrade',
  '/app/': 'is for an upgrade',
  '/dashboard': 'has no numbers, only the program that requests them with a token',
}

/** Pages that take posts, with a token, and the test that tries them. */
export const FORMS: Readonly<Record<string, string>> = {
  '/broadcasting/auth': 'pusher.test.ts',
}

/** Pages that refuse every tenant, whatever it requests. */
export const ADMIN_PAGES: Readonly<Record<string, string>> = {
  '/api/system/dashboard/stats': 'sums up all tenants',
}

export const UPGRADES: Readonly<Record<string, string>> = {
  '/ws': 'feed.test.ts',
  '/app/*': 'pusher.test.ts',
}

/** The type of message that shows a tenant its own data; `undefined` if the topic is refused. */
export const SHOWN_BY_TOPIC: Readonly<Record<(typeof TOPICS)[number], string | undefined>> = {
  sessions: 'sessions',
  alerts: 'alert',
  system: undefined,
}

/** A message of each type, which names a tenant if it can. */
export const MESSAGES: {
  readonly [Type in ClientMessage['type']]: (topic: string, tenant: string | undefined) => object
} = {
  auth: (_, tenant) => ({ type: 'auth', token: tenant ?? '' }),
  subscribe: (topic, tenant) => ({ type: 'subscribe', topics: [topic], tenant }),
  unsubscribe: (topic, tenant) => ({ type: 'unsubscribe', topics: [topic], tenant }),
  refresh: () => ({ type: 'refresh' }),
}

/** Each subject of a frame, with the test that looks at it. The compiler makes sure that none is missing. */
export const SUBJECTS: Readonly<Record<Subject['kind'], string>> = {
  snapshot: 'feed.test.ts',
  sessions: 'feed.test.ts',
  system: 'feed.test.ts',
  stats: 'pusher.test.ts',
}

/** An event of each kind that a Pusher client can send, `wrong` included. The compiler makes sure that all are here. */
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

/** Commands are for the operator, who may see all tenants. For each: why one about a single tenant shows no other. */
export const COMMANDS: Readonly<Record<keyof Actions, string>> = {
  run: 'prints its log, for the operator',
  check: 'prints the faults of the config',
  add: 'adds a router to the config',
  probe: 'probes the routers of its config',
  status: 'shows all tenants, through a socket that only the daemon’s user may open',
  health: 'prints what /healthz and /readyz say',
  usage: 'commands.test.ts: `--tenant` shows only that tenant',
  events: 'commands.test.ts: `--tenant` shows only that tenant',
  credit: 'commands.test.ts: changes the numbers of the event’s tenant, and of no other',
  migrate: 'prints nothing of any tenant',
  psql: 'opens the database of all tenants, for users who may read the daemon’s files',
  token: 'prints a token for the tenant that is named',
  completion: 'prints a script',
  complete: 'prints names of the config, for the operator’s shell',
}
