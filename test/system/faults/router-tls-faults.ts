import { createServer } from 'node:net'
import {
  AUTHORITY_PATH,
  EXPIRED_PATH,
  expiredIdentity,
  fingerprintOf,
  OLD_AUTHORITY_PATH,
  outdatedIdentity,
  selfSignedIdentity,
  serverIdentity,
  weakIdentity,
} from '../../harness/fleet/certificate.ts'
import { startRouter } from '../../harness/fleet/opened.ts'
import { sentence } from '../../routeros/wire/scripted-peer.ts'
import { listening } from '../../runtime/listening.ts'
import type { Fault } from './fault.ts'
import { goingOn } from './going-on.ts'
import { configure, probe, type RouterFault, simulated } from './probed-router.ts'

const FORGEABLE =
  'its certificate is signed with SHA-1 or MD5, which can be forged → make a new one that is signed with SHA-256 (/certificate/add name=api common-name=127.0.0.1 subject-alt-name=IP:127.0.0.1 digest-algorithm=sha256 key-usage=digital-signature,key-encipherment,tls-server; /certificate/sign api ca=CA; /ip/service/set api-ssl certificate=api), or pin this one: tls: { fingerprint: SHA256 }'

const SIMULATED: readonly RouterFault[] = [
  {
    what: 'the router’s certificate has expired',
    router: { tls: expiredIdentity() },
    written: { tls: { ca: EXPIRED_PATH } },
    line: 'certificate has expired → make a new one on the router (/certificate/print), and assign it to the service: /ip/service/set api-ssl certificate=NAME; until then it can be pinned: tls: { fingerprint: SHA256 }',
  },
  {
    what: 'the router’s certificate is not trusted',
    router: { tls: selfSignedIdentity() },
    written: { tls: { ca: AUTHORITY_PATH } },
    line: 'self-signed certificate → name its CA (tls: { ca: FILE }), or pin its certificate (tls: { fingerprint: SHA256 })',
  },
  {
    what: 'the router’s certificate is for another name',
    router: { tls: serverIdentity(), host: '127.0.0.2' },
    written: { host: '127.0.0.2', tls: { ca: AUTHORITY_PATH } },
    line: `Hostname/IP does not match certificate's altnames: IP: 127.0.0.2 is not in the cert's list: 127.0.0.1, ::1 → set host to a name that is in the certificate, or pin it: tls: { fingerprint: SHA256 }`,
  },
  {
    what: 'the router’s certificate is not the pinned one',
    router: { tls: serverIdentity() },
    written: { tls: { fingerprint: fingerprintOf(selfSignedIdentity()) } },
    line: 'its fingerprint is 74a8d543e0857a4b97eda214086ba2b67b15ba2b3a9d6025698fc47d84fc5387, but fcb37f792fc611325555248f1608ce4022440adff95fd145210aa8547c7e0553 is pinned → if its certificate was renewed, pin the new one; if not, somebody may be intercepting the connection',
  },
  {
    what: 'the router’s certificate is signed with SHA-1',
    router: { tls: weakIdentity('sha1') },
    written: { tls: { ca: OLD_AUTHORITY_PATH } },
    line: FORGEABLE,
  },
  {
    what: 'the router’s certificate is signed with MD5, by a CA of the system',
    router: { tls: weakIdentity('md5') },
    written: { tls: true },
    env: { NODE_EXTRA_CA_CERTS: OLD_AUTHORITY_PATH },
    line: FORGEABLE,
  },
  {
    what: 'the router’s TLS is from before TLS 1.2',
    router: { tls: outdatedIdentity('TLSv1.1') },
    written: { tls: { ca: AUTHORITY_PATH } },
    line: 'the router’s TLS is too old: it does not offer TLS 1.2 → update RouterOS to 6.49 or later, which supports TLS 1.2: /system/package/update/install',
  },
  {
    what: 'the router requires TLS on its port',
    router: { tls: serverIdentity() },
    line: 'the router closed the connection → check with /ip/service/print on the router that api is enabled, on which port and for which addresses; to enable it: /ip/service/enable api',
  },
]

export const ROUTER_TLS_FAULTS: readonly Fault[] = [
  ...SIMULATED.map(simulated),
  {
    what: 'the router has no TLS on its port',
    command: 'probe',
    code: 1,
    line: 'this port does not speak TLS (api-ssl has 8729) → check that port is the one of api-ssl, 8729 unless it was changed, and that api-ssl is enabled: /ip/service/print; to read it without TLS, remove tls',
    provoke: async ({ place }) => {
      const refusal = sentence('!fatal', 'not logged in')
      const port = await listening(createServer(socket => socket.once('data', () => socket.end(refusal))))
      return probe(place, { port, tls: { ca: AUTHORITY_PATH } })
    },
  },
  {
    what: 'the router has no TLS on its port, and waits for the rest of what it takes for a word',
    command: 'probe',
    code: 1,
    line: 'no TLS within 1000 ms: does this port speak TLS? → check that port is the one of api-ssl, 8729 unless it was changed, and that api-ssl is enabled: /ip/service/print; if it is, the router may be slow: set its timeout to more than 1s',
    provoke: async ({ place }) => {
      const port = await listening(createServer())
      return probe(place, { port, tls: { ca: AUTHORITY_PATH } })
    },
  },
  {
    what: 'the router’s TLS is from before TLS 1.2, and a daemon reads it',
    command: 'run',
    code: null,
    line: 'acme/hq: poll failed: the router’s TLS is too old: it does not offer TLS 1.2: tikmeter probe acme/hq says what to do',
    provoke: async ({ place, database }) => {
      const { port } = await startRouter({ tls: outdatedIdentity('TLSv1') })
      await configure(place, { port, tls: true }, { database: { url: database.url } })
      return (await goingOn(place)).said('poll failed')
    },
  },
]
