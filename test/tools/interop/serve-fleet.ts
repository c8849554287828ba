import { AUTHORITY_PATH, serverIdentity } from '../../harness/fleet/certificate.ts'
import { utf8, windows1252 } from '../../harness/fleet/name.ts'
import type { RouterOptions } from '../../harness/fleet/router-options.ts'
import { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import { steadyTraffic } from '../../harness/fleet/traffic.ts'

/**
 * Three simulated routers with fixed sessions, for a foreign client. Prints one line of JSON with their addresses and
 * the contents of each menu; ends when stdin ends.
 */

const NAMES = [
  utf8('ann'),
  utf8('ann-1'),
  utf8('josé@wisp'),
  utf8('ann smith'),
  utf8('<x>'),
  utf8('сергей'),
  windows1252('João'),
  utf8('a=b'),
]
const TRAFFIC = steadyTraffic({ upload: 1000, download: 20_000 })

/** Its clock stands, so every counter is known in advance. */
function makeRouter(options: Partial<RouterOptions>): SimulatedRouter {
  const router = new SimulatedRouter({ now: () => 1_000_000_000, ...options })
  router.addBinding({ protocol: 'l2tp', name: 'to-branch', user: utf8('branch') })
  NAMES.forEach((name, i) => {
    const common = { name, address: `10.0.0.${i + 1}`, traffic: TRAFFIC, loggedInForMs: 90_000 * (i + 1) }
    router.login({ ...common, protocol: 'hotspot', macAddress: `02:00:00:00:00:0${i}` })
    router.login({ ...common, protocol: 'pppoe', callerId: `02:00:00:00:01:0${i}` })
  })
  return router
}

/** The hex of a name's bytes, because JSON cannot represent them otherwise. */
function hex(raw: string): string {
  return Buffer.from(raw, 'latin1').toString('hex')
}

const routers = [
  { login: 'plain', router: makeRouter({ version: '6.49', identity: 'old' }) },
  { login: 'token', router: makeRouter({ version: '6.49', identity: 'older', hasOldLogin: true }) },
  { login: 'plain', router: makeRouter({ version: '7.20', identity: 'new', tls: serverIdentity() }) },
  { login: 'plain', router: new SimulatedRouter({ version: '6.49', identity: 'idle 6', packages: ['ppp'] }) },
  { login: 'plain', router: new SimulatedRouter({ version: '7.20', identity: 'idle 7', packages: ['ppp'] }) },
]
for (const { router } of routers) await router.start()

const served = {
  authority: AUTHORITY_PATH,
  routers: routers.map(({ router, login }) => ({
    host: router.host,
    port: router.port,
    tls: router.hasTls,
    login,
    identity: router.identity,
    hotspot: Array.from(router.sessions.hotspot(), session => {
      const { upload, download } = session.meter.readAt(router.now())
      return { user: hex(session.rawName), upload, download, address: session.login.address }
    }),
    ppp: Array.from(router.sessions.ppp(), session => {
      const { upload, download } = session.interface.meter.readAt(router.now())
      const { rawName: user, interface: it } = session
      return { user: hex(user), interface: hex(it.name), upload, download, caller: session.login.callerId }
    }),
    bindings: Array.from(router.sessions.interfaces()).filter(it => !it.isDynamic).length,
  })),
}
console.log(JSON.stringify(served))

for await (const _ of process.stdin);
for (const { router } of routers) await router.stop()
