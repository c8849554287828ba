import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { RouterCertificateRefused, RouterTimeout, RouterTlsFailed } from '../../../src/routeros/errors.ts'
import type { Trust } from '../../../src/routeros/wire/dial.ts'
import {
  AUTHORITY_PATH,
  fingerprintOf,
  OLD_AUTHORITY_PATH,
  outdatedIdentity,
  serverIdentity,
  weakIdentity,
} from '../../harness/fleet/certificate.ts'
import { startRouter } from '../../harness/fleet/opened.ts'
import { dialled, failureOf, trusting } from './dialled.ts'
import { type PeerClient, startPeer } from './scripted-peer.ts'

/** TLS fails in the same ways, however the router is trusted. */
const TRUSTS: Readonly<Record<string, Trust>> = {
  'its own CA': trusting({ ca: readFileSync(AUTHORITY_PATH, 'utf8') }),
  'the system’s CAs': trusting({}),
  'a pinned certificate': trusting({ fingerprint: fingerprintOf(serverIdentity()) }),
}

/** Found in OpenSSL's messages, which name its source files. */
const RAW = /openssl|error:|SSL routines/i

/** A greeting of TLS 1.0 to a client that wants 1.2. */
const OLD_GREETING = tlsRecord(
  0x16,
  Buffer.from([0x02, 0, 0, 38, 0x03, 0x01, ...new Array(32).fill(7), 0, 0, 0x2f, 0]),
)
const INSUFFICIENT_SECURITY = tlsRecord(0x15, Buffer.from([2, 71]))

function tlsRecord(kind: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([kind, 0x03, 0x01, 0, content.length]), content])
}

function answering(bytes: Buffer) {
  return startPeer(client => client.socket.once('data', () => client.write(bytes)))
}

describe.each(Object.entries(TRUSTS))('with %s', (_, tls) => {
  test.each(['TLSv1', 'TLSv1.1'] as const)('a router that offers at most %s is too old', async upTo => {
    const peer = await startPeer(client => client.admit(), { tls: outdatedIdentity(upTo) })
    const failure = await failureOf(peer, { tls })
    expect(failure).toBeInstanceOf(RouterTlsFailed)
    expect(failure).toMatchObject({ why: 'outdated', message: expect.not.stringMatching(RAW) })
    expect(peer.clients[0]?.chunks).toEqual([])
  })

  test('a router that answers a request for TLS 1.2 with 1.0 is too old', async () => {
    const failure = await failureOf(await answering(OLD_GREETING), { tls })
    expect(failure).toBeInstanceOf(RouterTlsFailed)
    expect(failure).toMatchObject({ why: 'outdated', message: expect.not.stringMatching(RAW) })
  })

  const PLAIN: Readonly<Record<string, (client: PeerClient) => unknown>> = {
    'an API in the clear': client => client.say('!fatal', 'not logged in'),
    'a web server': client => client.socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'an SSH server': client => client.socket.end('SSH-2.0-ROSSSH\r\n'),
  }

  test.each(Object.entries(PLAIN))('%s does not speak TLS', async (__, answer) => {
    const peer = await startPeer(client => client.socket.once('data', () => answer(client)))
    const failure = await failureOf(peer, { tls })
    expect(failure).toBeInstanceOf(RouterTlsFailed)
    expect(failure).toMatchObject({
      why: 'absent',
      retryable: true,
      message: 'this port does not speak TLS (api-ssl has 8729)',
    })
  })

  test('a port that waits for the rest of a word may not speak TLS', async () => {
    const failure = await failureOf(await startPeer(), { tls }, 100)
    expect(failure).toBeInstanceOf(RouterTimeout)
    expect(failure).toMatchObject({
      waitedFor: 'handshake',
      message: 'no TLS within 100 ms: does this port speak TLS?',
    })
  })

  test('another failure is reported with its reason', async () => {
    const failure = await failureOf(await answering(INSUFFICIENT_SECURITY), { tls })
    expect(failure).toBeInstanceOf(RouterTlsFailed)
    expect(failure).toMatchObject({
      why: 'other',
      message: 'the TLS handshake failed: tlsv1 alert insufficient security',
    })
  })
})

describe.each(['sha1', 'md5', 'short-key'] as const)('a certificate that can be forged: %s', weakness => {
  const identity = weakIdentity(weakness)

  test('is refused although its CA is trusted, and the peer never gets the password', async () => {
    const peer = await startPeer(client => client.admit(), { tls: identity })
    const ca = readFileSync(OLD_AUTHORITY_PATH, 'utf8')
    const failure = await failureOf(peer, { tls: trusting({ ca }) })
    expect(failure).toBeInstanceOf(RouterCertificateRefused)
    expect(failure).toMatchObject({
      why: 'weak',
      retryable: false,
      message:
        weakness === 'short-key'
          ? 'its certificate has a key so short that it can be forged'
          : 'its certificate is signed with SHA-1 or MD5, which can be forged',
    })
    await peer.clients[0]?.closed
    expect(peer.clients[0]?.chunks).toEqual([])
  })

  test('from an unknown CA is refused because of the CA', async () => {
    const peer = await startPeer(client => client.admit(), { tls: identity })
    expect(await failureOf(peer, { tls: trusting({}) })).toMatchObject({ why: 'unknown-authority' })
  })

  test('is trusted if it is pinned, because its signature does not count then', async () => {
    const router = await startRouter({ tls: identity })
    await dialled(router, { tls: trusting({ fingerprint: fingerprintOf(identity) }) })
    expect(router.logins).toBe(1)
  })
})
