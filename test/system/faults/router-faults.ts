import { createServer } from 'node:net'
import { freePort } from '../../../src/postgres/free-port.ts'
import { startRouter } from '../../harness/fleet/opened.ts'
import { listening } from '../../runtime/listening.ts'
import type { Fault } from './fault.ts'
import { goingOn } from './going-on.ts'
import { configure, configureAll, probe, type RouterFault, simulated } from './probed-router.ts'
import { errorOf, findingOf } from './shown.ts'
import { UNKNOWN_NAME } from './unknown-name.ts'

const SIMULATED: readonly RouterFault[] = [
  {
    what: 'the router’s password is wrong',
    written: { password: 'another' },
    line: `invalid user name or password (6) → check username and password, and that the group of usage may use the API: /user/group/set [/user/get usage group] policy=read,api`,
  },
  {
    what: 'the router’s user may not use the API',
    router: { users: [{ name: 'usage', password: 'secret', policy: ['read'] }] },
    line: `invalid user name or password (6) → check username and password, and that the group of usage may use the API: /user/group/set [/user/get usage group] policy=read,api`,
  },
  {
    what: 'the router’s user may not read',
    router: { users: [{ name: 'usage', password: 'secret', policy: ['api'] }] },
    line: '/system/resource/print: not enough permissions (9) → /user/group/set [/user/get usage group] policy=read,api',
  },
  {
    what: 'the router’s clock is wrong',
    router: { clockAheadMs: 7_200_000 },
    code: 0,
    line: 'its clock is 7200 s ahead of ours, or ours is wrong; usage does not depend on it → /system/ntp/client/set enabled=yes, and timedatectl on this machine',
  },
]

export const ROUTER_FAULTS: readonly Fault[] = [
  ...SIMULATED.map(simulated),
  {
    what: 'the router refuses the connection',
    command: 'probe',
    code: 1,
    line: 'connection refused: is the api service enabled, on this port and for this address? → check with /ip/service/print on the router that api is enabled, on which port and for which addresses; to enable it: /ip/service/enable api',
    provoke: async ({ place }) => probe(place, { port: await freePort() }),
  },
  {
    what: 'the router says nothing',
    command: 'probe',
    code: 1,
    line: 'no login within 1000 ms → check host and port, and that no firewall drops the connection: /ip/firewall/filter/print where chain=input',
    provoke: async ({ place }) => {
      const router = await startRouter({})
      router.hang()
      return probe(place, { port: router.port })
    },
  },
  {
    what: 'the router is slow',
    command: 'probe',
    code: 1,
    line: "/ip/hotspot/active/print: no answer within 1000 ms: the router is slow (raise timeout), or the link to it broke → set the router's timeout to more than 1s, and look what keeps it busy: /tool/profile",
    provoke: async ({ place }) => {
      const router = await startRouter({})
      // The last question before its sessions.
      void router
        .nextCommand('/ip/service/print')
        .then(() => router.nextCommand('/user/print'))
        .then(() => router.hang())
      return probe(place, { port: router.port })
    },
  },
  {
    what: 'the router is slow, and a daemon reads it',
    command: 'run',
    code: null,
    line: 'acme/hq: poll failed: /ip/hotspot/active/print: no answer within 1000 ms: the router is slow: raise timeout: tikmeter probe acme/hq says what to do',
    provoke: async ({ place, database }) => {
      const router = await startRouter({})
      // From the second poll on.
      void router.nextCommand('/ip/hotspot/active/print').then(() => router.trickle(100))
      await configure(place, { port: router.port }, { database: { url: database.url } })
      return (await goingOn(place)).said('poll failed')
    },
  },
  {
    what: 'something else answers in the router’s place',
    command: 'probe',
    code: 1,
    line: 'the peer does not speak the API: is it the right port, and TLS on both sides? → check that port is the one of api: /ip/service/print',
    provoke: async ({ place }) => {
      const port = await listening(createServer(socket => socket.end('SSH-2.0-dropbear\r\n')))
      return probe(place, { port })
    },
  },
  {
    what: 'the router’s host name is unknown',
    command: 'probe',
    code: 1,
    line: 'the host name is not known → check host, and that this machine can resolve it: getent hosts NAME',
    provoke: ({ place }) => {
      place.name(UNKNOWN_NAME, 'NAME')
      return probe(place, { host: UNKNOWN_NAME, port: 8728 })
    },
  },
  {
    what: 'the router’s password is wrong, and a daemon reads it',
    command: 'run',
    code: null,
    line: 'acme/hq: poll failed: invalid user name or password (6): tikmeter probe acme/hq says what to do',
    provoke: async ({ place, database }) => {
      const { port } = await startRouter({})
      await configure(place, { port, password: 'another' }, { database: { url: database.url } })
      return (await goingOn(place)).said('poll failed')
    },
  },
  {
    what: 'one router is in the config twice',
    command: 'probe',
    code: 0,
    line: 'its serial number, HF0000001, is also that of acme/hq; a router that is read twice is counted twice → remove one of them from the config, or give them different services; if one is a copy of a virtual machine: /system/license/generate-new-id',
    provoke: async ({ place }) => {
      const { port } = await startRouter({ serial: 'HF0000001' })
      await configureAll(place, [
        { host: '127.0.0.1', port },
        { host: 'localhost', port },
      ])
      return findingOf(await place.run(['probe']))
    },
  },
  {
    what: 'one router is in the config twice, and a daemon reads it',
    command: 'run',
    code: null,
    line: 'a router is in the config twice: DIR/tikmeter.yaml:18:9 tenants[0].routers[1].host: 127.0.0.1:PORT is also acme/hq (tenants[0].routers[0]); a router that is read twice is counted twice: remove one of them, or give them different services',
    provoke: async ({ place, database }) => {
      const { port } = await startRouter({})
      place.name(port, 'PORT')
      const twice = [
        { host: '127.0.0.1', port },
        { host: '127.0.0.1', port },
      ]
      await configureAll(place, twice, { database: { url: database.url } })
      return (await goingOn(place)).said('a router is in the config twice')
    },
  },
  {
    what: 'no such router is in the config',
    command: 'probe acme/hg',
    code: 2,
    line: 'error: no router "hg" in the config: did you mean "hq"?',
    provoke: async ({ place }) => {
      await configure(place, { port: 8728 })
      return errorOf(await place.run(['probe', 'acme/hg']))
    },
  },
]
