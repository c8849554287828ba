import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import {
  type Distrust,
  RouterCertificateRefused,
  RouterGarbled,
  RouterTimeout,
  RouterUnreachable,
} from '../../../src/routeros/errors.ts'
import type { Trust } from '../../../src/routeros/wire/dial.ts'
import {
  AUTHORITY_PATH,
  expiredIdentity,
  fingerprintOf,
  selfSignedIdentity,
  serverIdentity,
  type TlsIdentity,
} from '../../harness/fleet/certificate.ts'
import { startRouter } from '../../harness/fleet/opened.ts'
import { dialled, failureOf, trusting } from './dialled.ts'
import { startPeer } from './scripted-peer.ts'

const OWN_CA = readFileSync(AUTHORITY_PATH, 'utf8')
const PIN = fingerprintOf(serverIdentity())

test('the configured CA is trusted, for an address and for a name', async () => {
  const router = await startRouter({ tls: serverIdentity() })
  const tls = trusting({ ca: OWN_CA })
  await dialled(router, { tls })
  await dialled({ host: 'localhost', port: router.port }, { tls })
  expect(router.logins).toBe(2)
})

for (const host of ['::1', '[::1]'])
  test(`${host} is an address, plain and over TLS`, async () => {
    const plain = await startRouter({ host: '::1' })
    await dialled({ host, port: plain.port })
    const secure = await startRouter({ host: '::1', tls: serverIdentity() })
    await dialled({ host, port: secure.port }, { tls: trusting({ ca: OWN_CA }) })
    expect([plain.logins, secure.logins]).toEqual([1, 1])
  })

test('a pinned certificate is trusted, whatever its CA and its name are', async () => {
  const pinned = await startRouter({ tls: serverIdentity() })
  await dialled(pinned, { tls: trusting({ fingerprint: PIN }) })
  const selfSigned = await startRouter({ tls: selfSignedIdentity(), host: '127.0.0.2' })
  await dialled(selfSigned, { tls: trusting({ fingerprint: fingerprintOf(selfSignedIdentity()) }) })
  expect([pinned.logins, selfSigned.logins]).toEqual([1, 1])
})

interface Refused {
  readonly tls: Trust
  readonly host?: string
  readonly shows?: TlsIdentity
  readonly why: Distrust
}

const REFUSED: Readonly<Record<string, Refused>> = {
  'another CA': { tls: trusting({ ca: readCertificate() }), why: 'unknown-authority' },
  'the system CAs': { tls: trusting({}), why: 'unknown-authority' },
  'another name': { tls: trusting({ ca: OWN_CA }), host: '127.0.0.2', why: 'another-name' },
  'a time that is over': {
    tls: trusting({ ca: expiredIdentity().cert }),
    shows: expiredIdentity(),
    why: 'expired',
  },
  'another fingerprint': { tls: trusting({ fingerprint: '0'.repeat(64) }), why: 'another-pin' },
  'another fingerprint beside the right CA': {
    tls: trusting({ ca: OWN_CA, fingerprint: fingerprintOf(selfSignedIdentity()) }),
    why: 'another-pin',
  },
}

for (const [what, { tls, host = '127.0.0.1', shows = serverIdentity(), why }] of Object.entries(REFUSED))
  test(`${what}: the certificate is refused, and the peer never hears the password`, async () => {
    const peer = await startPeer(client => client.admit(), { tls: shows, host })
    const failure = await failureOf(peer, { tls })
    expect(failure).toBeInstanceOf(RouterCertificateRefused)
    expect(failure).toMatchObject({ retryable: false, why })
    await peer.clients[0]?.closed
    expect(peer.clients[0]?.chunks).toEqual([])
  })

test('a refused fingerprint is shown, so that it can be compared', async () => {
  const router = await startRouter({ tls: serverIdentity() })
  expect(await failureOf(router, { tls: trusting({ fingerprint: '0'.repeat(64) }) })).toMatchObject({
    message: expect.stringContaining(PIN),
  })
})

test('a login without TLS at a TLS port fails, and its alert is recognised', async () => {
  const silent = await startRouter({ tls: serverIdentity() })
  expect(await failureOf(silent)).toBeInstanceOf(RouterUnreachable)
  const alert = Buffer.from('15030300020246', 'hex')
  const peer = await startPeer(client => client.socket.once('data', () => client.socket.end(alert)))
  const failure = await failureOf(peer)
  expect(failure).toBeInstanceOf(RouterGarbled)
  expect(failure).toMatchObject({ retryable: true, message: expect.stringContaining('TLS') })
})

test('TLS at a port that hangs up or is silent fails', async () => {
  const hangingUp = await startPeer(client => client.socket.end())
  expect(await failureOf(hangingUp, { tls: trusting({}) })).toBeInstanceOf(RouterUnreachable)
  const silent = await startPeer()
  expect(await failureOf(silent, { tls: trusting({}) }, 100)).toBeInstanceOf(RouterTimeout)
})

test('api-ssl without a certificate is refused', async () => {
  const server = await anonymousServer()
  const address = server.address()
  const port = address !== null && typeof address !== 'string' ? address.port : 0
  for (const tls of [trusting({}), trusting({ fingerprint: PIN })]) {
    const failure = await failureOf({ host: '127.0.0.1', port }, { tls })
    expect(failure).toBeInstanceOf(RouterCertificateRefused)
    expect(failure).toMatchObject({ why: 'none', message: expect.stringContaining('certificate') })
  }
})

async function anonymousServer(): Promise<Server> {
  const server = createServer({ ciphers: 'ADH-AES128-SHA256:@SECLEVEL=0', maxVersion: 'TLSv1.2' })
  server.on('tlsClientError', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  return server
}

function readCertificate(): string {
  return selfSignedIdentity().cert
}
