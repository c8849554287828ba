// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { chmod, writeFile } from 'node:fs/promises'
import type { Fault } from './fault.ts'
import { goingOn } from './going-on.ts'
import type { Place } from './place.ts'
import { errorOf, type Shown } from './shown.ts'

export const CONFIG_FAULTS: readonly Fault[] = [
  {
    what: 'the config does not exist',
    command: 'run',
    code: 2,
    line: 'tikmeter.yaml:1:1 does not exist: name it with --config FILE, or create it from config/tikmeter.example.yaml',
    provoke: async ({ place }) => errorOf(await place.run(['run'])),
  },
  {
    what: 'the config is not valid YAML',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:1:18 cannot be read from here on: put values that contain any of : # { } [ ] , & * ! | > % @ ` in quotes, and "${NAME}" inside { } too',
    provoke: async ({ place }) => {
      await place.write('tikmeter.yaml', 'auth: { secret: ${TIKMETER_SECRET} }\n')
      return errorOf(await place.run(['check']))
    },
  },
  {
    what: 'a key of the config is misspelled',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:10:1 comit: is not a key of this block: did you mean commit?',
    provoke: ({ place }) => check(place, { comit: { interval: '30s' } }),
  },
  {
    what: 'a secret is not in the environment',
    command: 'run',
    code: 2,
    line: 'tikmeter.yaml:8:3 auth.secret: needs TIKMETER_SECRET from the environment, but it is unset or empty there: export it or add it to .env',
    provoke: async ({ place }) => {
      await place.configure({ auth: { secret: '${TIKMETER_SECRET}' } })
      return errorOf(await place.run(['run']))
    },
  },
  {
    what: 'a secret’s file does not exist',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:8:3 auth.secret: cannot be read: there is no such file; a relative path begins at DIR',
    provoke: ({ place }) => check(place, { auth: { secret: { file: 'secret' } } }),
  },
  {
    what: 'the config was saved as UTF-16',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:1:1 is UTF-16, save it as UTF-8: tikmeter.yaml',
    provoke: async ({ place }) => {
      await writeFile(place.configFile, Buffer.from('\ufefftenants: []\n', 'utf16le'))
      return errorOf(await place.run(['check']))
    },
  },
  {
    what: 'the config was saved as UTF-16 without a mark',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:1:1 is UTF-16, save it as UTF-8: tikmeter.yaml',
    provoke: async ({ place }) => {
      await writeFile(place.configFile, Buffer.from('tenants: []\n', 'utf16le'))
      return errorOf(await place.run(['check']))
    },
  },
  {
    what: '.env was saved as UTF-16',
    command: 'run',
    code: 2,
    line: '.env is UTF-16, save it as UTF-8: DIR/.env | tikmeter.yaml:8:3 auth.secret: needs TIKMETER_SECRET from the environment, but it is unset or empty there: export it or add it to .env',
    provoke: async ({ place }) => {
      await place.configure({ auth: { secret: '${TIKMETER_SECRET}' } })
      await writeFile(place.path('.env'), Buffer.from('\ufeffTIKMETER_SECRET=x\r\n', 'utf16le'))
      const { code, line } = errorOf(await place.run(['run']))
      return { code, line: line.replace('\n', ' | ') }
    },
  },
  {
    what: 'a secret’s file was saved as UTF-16',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:8:3 auth.secret: is UTF-16, save it as UTF-8: DIR/secret',
    provoke: async ({ place }) => {
      await writeFile(place.path('secret'), Buffer.from(`\ufeff${'x'.repeat(32)}\r\n`, 'utf16le'))
      return check(place, { auth: { secret: { file: 'secret' } } })
    },
  },
  {
    what: 'a timezone is an abbreviation',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:11:5 tenants[0].timezone: is not the same zone to everybody: write an IANA timezone such as Africa/Nairobi',
    provoke: ({ place }) => check(place, { tenants: [{ id: 'acme', timezone: 'CAT', routers: [] }] }),
  },
  {
    what: 'one router is in the config twice',
    command: 'check',
    code: 0,
    line: 'warning: tikmeter.yaml:17:9 tenants[0].routers[1].host: 10.1.0.1:8728 is also acme/hq (tenants[0].routers[0]); a router that is read twice is counted twice: remove one of them, or give them different services',
    provoke: async ({ place }) => {
      const router = { host: '10.1.0.1', username: 'usage', password: 'secret' }
      const routers = ['hq', 'tower'].map(id => ({ id, ...router }))
      await place.configure({ tenants: [{ id: 'acme', routers }] })
      // A file with a secret that everyone can read would be a second warning.
      await chmod(place.configFile, 0o600)
      return errorOf(await place.run(['check']))
    },
  },
  {
    what: 'a secret is too short',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:8:3 auth.secret: must be 32 bytes or more: make one with "openssl rand -base64 48"',
    provoke: ({ place }) => check(place, { auth: { secret: 'short' } }),
  },
  {
    what: 'an alert’s threshold is a share of a quota that does not exist',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:16:9 tenants[0].alerts[0].threshold: is a share of a quota that does not exist: add { scope: user, period: month, limit: 100GB } to the tenant’s quotas, with your limit',
    provoke: ({ place }) => {
      const alert = { id: 'near-quota', scope: 'user', period: 'month', threshold: '80%' }
      return check(place, { tenants: [{ id: 'acme', routers: [], alerts: [alert] }] })
    },
  },
  {
    what: 'a webhook names an alert that does not exist',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:20:13 tenants[0].webhooks[0].alerts[0]: is not an alert of this tenant: did you mean down?',
    provoke: ({ place }) => {
      const webhook = { id: 'noc', url: 'https://noc.example/', secret: 'x'.repeat(24), alerts: ['dwon'] }
      const alerts = [{ id: 'down', on: 'router_offline' }]
      return check(place, { tenants: [{ id: 'acme', routers: [], alerts, webhooks: [webhook] }] })
    },
  },
  {
    what: 'the secret of a webhook is too short',
    command: 'check',
    code: 2,
    line: 'tikmeter.yaml:15:9 tenants[0].webhooks[0].secret: must be 24 bytes or more: make one with "openssl rand -base64 32"',
    provoke: ({ place }) => {
      const webhook = { id: 'noc', url: 'https://noc.example/', secret: 'short' }
      return check(place, { tenants: [{ id: 'acme', routers: [], webhooks: [webhook] }] })
    },
  },
  {
    what: 'a changed config has a fault',
    command: 'run',
    code: null,
    line: 'config not reloaded: it has faults: DIR/tikmeter.yaml:12:1 bucket: must be one of 1m, 5m, 15m',
    provoke: async ({ place, database }) => {
      const url = database.url
      await place.configure({ database: { url } })
      const daemon = await goingOn(place)
      await place.configure({ database: { url }, bucket: '10m' })
      daemon.signal('SIGHUP')
      return daemon.said('config not reloaded')
    },
  },
  {
    what: 'no daemon runs',
    command: 'status',
    code: 1,
    line: 'error: no daemon answers at journal/control.sock: run this in its working directory and with its config',
    provoke: async ({ place }) => {
      await place.configure({})
      return errorOf(await place.run(['status']))
    },
  },
  {
    what: 'the command is misspelled',
    command: 'prob',
    code: 2,
    line: `error: unknown command 'prob' (Did you mean probe?) (see tikmeter --help)`,
    provoke: async ({ place }) => errorOf(await place.run(['prob'])),
  },
  {
    what: 'there is no such command',
    command: 'stop',
    code: 2,
    line: `error: unknown command 'stop' (see tikmeter --help)`,
    provoke: async ({ place }) => errorOf(await place.run(['stop'])),
  },
  {
    what: 'there is no such option',
    command: 'check --fast',
    code: 2,
    line: `error: unknown option '--fast' (see tikmeter check --help)`,
    provoke: async ({ place }) => errorOf(await place.run(['check', '--fast'])),
  },
]

async function check(place: Place, keys: Readonly<Record<string, unknown>>): Promise<Shown> {
  await place.configure(keys)
  return errorOf(await place.run(['check']))
}
