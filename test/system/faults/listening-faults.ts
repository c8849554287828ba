import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { resolve } from 'node:path'
import { freePort } from '../../../src/postgres/free-port.ts'
import { listening } from '../../runtime/listening.ts'
import { limitDescriptors } from '../daemon/limit-descriptors.ts'
import type { Fault, Means } from './fault.ts'
import { goingOn } from './going-on.ts'
import { errorOf, fatalOf, type Shown } from './shown.ts'
import { UNKNOWN_NAME } from './unknown-name.ts'

/** An address reserved for documentation, which no machine has. */
const NOBODYS_ADDRESS = '192.0.2.1'
const FIRST_FOR_ALL = 1024
const CERTIFICATES = resolve('test/harness/fleet/certificates')

export const LISTENING_FAULTS: readonly Fault[] = [
  {
    what: 'the port is taken',
    command: 'run',
    code: 1,
    line: 'could not start: port PORT of 127.0.0.1 is in use: stop the program that listens there ("ss -ltnp sport = :PORT" shows it), or change server.port',
    provoke: async means => {
      const port = await listening(createServer())
      means.place.name(port, 'PORT')
      return serve(means, { port })
    },
  },
  {
    what: 'the address belongs to another machine',
    command: 'run',
    code: 1,
    line: 'could not start: 192.0.2.1 is not an address of this machine: set server.host to one ("ip address" lists them), or to 0.0.0.0 for all',
    provoke: means => serve(means, { host: NOBODYS_ADDRESS, port: 0 }),
  },
  {
    what: 'the address is an unknown host name',
    command: 'run',
    code: 1,
    line: 'could not start: this machine cannot resolve the name NAME: set server.host to an address of this machine',
    provoke: means => {
      means.place.name(UNKNOWN_NAME, 'NAME')
      return serve(means, { host: UNKNOWN_NAME, port: 0 })
    },
  },
  {
    what: 'the port is below 1024, and the user is not root',
    command: 'run',
    code: 1,
    line: 'could not start: this user may not listen on port 81: set server.port to 1024 or more, or give the service CAP_NET_BIND_SERVICE',
    provoke: async means => serveAsNobody(means, { port: 81 }),
  },
  {
    what: 'file descriptors are used up',
    command: 'run',
    code: null,
    line: 'no file descriptor is left: new connections are closed, and no file can be opened: this process has too few file descriptors: raise its limit (LimitNOFILE= in the unit, or ulimit -n)',
    provoke: async ({ place, database }) => {
      await place.configure({ database: { url: database.url } })
      const daemon = await goingOn(place)
      await limitDescriptors(daemon.pid, 1)
      return daemon.said('no file descriptor is left')
    },
  },
  {
    what: 'there are too few file descriptors for many clients',
    command: 'run',
    code: null,
    line: 'few clients can connect: this process has too few file descriptors: raise its limit (LimitNOFILE= in the unit, or ulimit -n)',
    provoke: async ({ place, database }) => {
      await place.configure({ database: { url: database.url } })
      const daemon = await goingOn(place, ['prlimit', '--nofile=256:256'])
      return daemon.said('few clients can connect')
    },
  },
  {
    what: 'the server’s certificate belongs to another key',
    command: 'run',
    code: 2,
    line: 'tikmeter.yaml:9:5 server.tls.key: is not the key of the certificate in cert: name the one it was made for',
    provoke: means => refuse(means, { cert: 'server.pem', key: 'self-signed-key.pem' }),
  },
  {
    what: 'the server’s certificate is not PEM',
    command: 'run',
    code: 2,
    line: 'tikmeter.yaml:8:5 server.tls.cert: must name a PEM file that begins with "-----BEGIN CERTIFICATE-----": DIR/certificate.ts',
    provoke: means => refuse(means, { cert: '../certificate.ts', key: 'server-key.pem' }),
  },
  {
    what: 'the server’s key is not PEM',
    command: 'run',
    code: 2,
    line: 'tikmeter.yaml:9:5 server.tls.key: must name a PEM file with a private key ("-----BEGIN PRIVATE KEY-----") without a passphrase: DIR/certificate.ts',
    provoke: means => refuse(means, { cert: 'server.pem', key: '../certificate.ts' }),
  },
]

async function serve({ place, database }: Means, server: object): Promise<Shown> {
  await place.configure({ database: { url: database.url }, server })
  return fatalOf(await place.run(['run']))
}

async function serveAsNobody({ place, database, user }: Means, server: object): Promise<Shown | string> {
  if (typeof user === 'string') return user
  const firstForAll = await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').catch(() => '')
  if (Number(firstForAll) < FIRST_FOR_ALL) return 'every user may listen on any port here'
  await place.giveTo(user)
  await place.configure({ database: { url: database.url }, server })
  return fatalOf(await place.run(['run'], { user }))
}

async function refuse({ place }: Means, { cert, key }: { cert: string; key: string }): Promise<Shown> {
  place.name(resolve('test/harness/fleet'), 'DIR')
  const tls = { cert: resolve(CERTIFICATES, cert), key: resolve(CERTIFICATES, key) }
  await place.configure({ server: { port: await freePort(), tls } })
  return errorOf(await place.run(['run']))
}
