import { createHash } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import {
  OutOfDescriptors,
  RouterFatal,
  RouterGarbled,
  RouterLoginRefused,
  RouterOverloaded,
  RouterTimeout,
  RouterUnreachable,
} from '../../../src/routeros/errors.ts'
import { dial } from '../../../src/routeros/wire/dial.ts'
import type { Encoding } from '../../../src/routeros/wire/text.ts'
import { startRouter } from '../../harness/fleet/opened.ts'
import { takeDescriptors } from '../../runtime/no-descriptors.ts'
import { addressOf, dialled, failureOf, NEVER, PATIENT_MS } from './dialled.ts'
import { type PeerClient, sentence, startPeer, tagOf } from './scripted-peer.ts'

test('a name and a password log in, and after that the socket has no timeout', async () => {
  const router = await startRouter({})
  const line = await dialled(router)
  expect(router.logins).toBe(1)
  expect(line.socket.timeout).toBe(0)
})

test('a lack of file descriptors is reported as such, and not as an unreachable router', async () => {
  const router = await startRouter({})
  const giveBack = takeDescriptors()
  const failure = await failureOf(router)
  await giveBack()
  expect(failure).toBeInstanceOf(OutOfDescriptors)
  expect(failure).toMatchObject({ retryable: true, message: expect.stringContaining('LimitNOFILE') })
  await dialled(router)
})

test('the challenge of an old router is answered', async () => {
  const router = await startRouter({ hasOldLogin: true, version: '6.49' })
  await dialled(router)
  expect(router.logins).toBe(1)
})

for (const hasOldLogin of [false, true]) {
  const style = hasOldLogin ? 'old' : 'new'

  test(`a Cyrillic user and password log in, ${style} style`, async () => {
    const users = [{ name: 'учёт', password: 'пароль', policy: ['read', 'api'] as const }]
    const router = await startRouter({ users, hasOldLogin })
    await dialled(router, { username: 'учёт', password: 'пароль' })
    expect(router.logins).toBe(1)
  })

  test(`a wrong password is refused, ${style} style, and is not worth another attempt soon`, async () => {
    const router = await startRouter({ hasOldLogin })
    const failure = await failureOf(router, { password: 'wrong' })
    expect(failure).toBeInstanceOf(RouterLoginRefused)
    expect(failure).toMatchObject({
      retryable: false,
      message: expect.stringMatching(/password|cannot log in/),
    })
  })
}

for (const [encoding, hex] of [
  ['utf-8', '70c3a1c5a1'],
  ['windows-1252', '70e19a'],
] as const satisfies readonly [Encoding, string][])
  test(`the response to a challenge uses the password’s bytes in ${encoding}`, async () => {
    const challenge = '000102030405060708090a0b0c0d0e0f'
    const peer = await startPeer(async client => {
      const asked = await client.next()
      client.say('!done', tagOf(asked), `=ret=${challenge}`)
      const proved = await client.next()
      const bytes = Buffer.from(`00${hex}${challenge}`, 'hex')
      const isRight = proved.includes(`=response=00${createHash('md5').update(bytes).digest('hex')}`)
      if (!isRight) client.say('!trap', tagOf(proved), '=message=cannot log in')
      client.say('!done', tagOf(proved))
    })
    const line = await dial(addressOf(peer, { password: 'páš' }), encoding, PATIENT_MS, NEVER)
    line.socket.destroy()
  })

test('a user without the api right is refused', async () => {
  const users = [{ name: 'usage', password: 'secret', policy: ['read'] as const }]
  expect(await failureOf(await startRouter({ users }))).toBeInstanceOf(RouterLoginRefused)
})

test('the password is sent in the given encoding', async () => {
  const peer = await startPeer(client => client.admit())
  const line = await dial(addressOf(peer, { password: 'niño' }), 'windows-1252', PATIENT_MS, NEVER)
  line.socket.destroy()
  expect(Buffer.concat(peer.clients[0]?.chunks ?? []).toString('latin1')).toContain('=password=ni\xf1o')
})

test('a login is one sentence, whatever its words contain', async () => {
  const peer = await startPeer(client => client.admit())
  const password = '=response=.tag=9 ÿ\0'.repeat(20)
  await dialled(peer, { password })
  expect(Buffer.concat(peer.clients[0]?.chunks ?? []).toString()).toContain(`=password=${password}`)
})

test('the replies to a login may come byte by byte', async () => {
  const router = await startRouter({ hasOldLogin: true })
  router.trickle()
  await dialled(router)
  expect(router.logins).toBe(1)
})

test('sentences that are not the answer to the login are ignored', async () => {
  const peer = await startPeer(async client => {
    const tag = tagOf(await client.next())
    client.say('!re', tag)
    client.say('!empty', tag)
    client.say('!weird', tag, '=message=of a later version')
    client.say('!done', '.tag=nobody')
    client.say('!trap', '.tag=nobody', '=message=not yours')
    client.say('!done')
    client.say('!done', tag)
  })
  await dialled(peer)
})

test('a peer that answers a login with endless rows is cut off as overloaded', async () => {
  const peer = await startPeer(async client => {
    const tag = tagOf(await client.next())
    for (let sent = 0; sent < 2_000_000 && !client.socket.destroyed; sent += 64_000)
      client.write(sentence('!re', tag, `=ret=${'x'.repeat(64_000)}`))
  })
  expect(await failureOf(peer)).toBeInstanceOf(RouterOverloaded)
})

test('a fatal answer to a login is reported with its reason', async () => {
  const peer = await startPeer(async client => {
    await client.next()
    client.say('!fatal', 'too many sessions')
  })
  const failure = await failureOf(peer)
  expect(failure).toBeInstanceOf(RouterFatal)
  expect(failure).toMatchObject({ retryable: true, message: expect.stringContaining('too many sessions') })
})

for (const ret of ['', 'short', 'x'.repeat(32), '00'.repeat(40_000)])
  test(`an invalid challenge of ${ret.length} characters ends the login`, async () => {
    const peer = await startPeer(async client => {
      client.write(sentence('!done', tagOf(await client.next()), `=ret=${ret}`))
    })
    expect(await failureOf(peer)).toBeInstanceOf(RouterGarbled)
  })

test('a second challenge ends the login', async () => {
  const peer = await startPeer(async client => {
    for (let i = 0; i < 3; i++) client.say('!done', tagOf(await client.next()), `=ret=${'00'.repeat(16)}`)
  })
  expect(await failureOf(peer)).toBeInstanceOf(RouterGarbled)
})

/** Stages of a login, at each of which the network may fail. */
const ENDINGS: Readonly<Record<string, (client: PeerClient) => void>> = {
  fin: client => client.socket.end(),
  rst: client => client.socket.resetAndDestroy(),
}
const STAGES: Readonly<Record<string, (client: PeerClient) => unknown>> = {
  'at once': () => {},
  'with the login unanswered': client => client.next(),
  'in the middle of its answer': async client => {
    const reply = sentence('!done', tagOf(await client.next()))
    client.write(reply.subarray(0, reply.length - 1))
  },
}

for (const [by, end] of Object.entries(ENDINGS))
  for (const [when, until] of Object.entries(STAGES))
    test(`a ${by} ${when} fails the login`, async () => {
      const peer = await startPeer(async client => {
        await until(client)
        end(client)
      })
      const failure = await failureOf(peer)
      expect(failure).toBeInstanceOf(RouterUnreachable)
      expect(failure).toMatchObject({ retryable: true })
    })

for (const [when, until] of Object.entries(STAGES))
  test(`silence ${when} is a timeout, and the connection is closed`, async () => {
    const peer = await startPeer(until)
    const failure = await failureOf(peer, {}, 100)
    expect(failure).toBeInstanceOf(RouterTimeout)
    expect(failure).toMatchObject({ retryable: true, waitedFor: 'login' })
    await peer.clients[0]?.closed
  })

test('a router that reads nothing is a timeout, also with TLS', async () => {
  const router = await startRouter({})
  router.hang('deaf')
  for (const tls of [undefined, { ca: undefined, fingerprint: undefined }])
    expect(await failureOf(router, { tls }, 100)).toBeInstanceOf(RouterTimeout)
})

test('the error of a closed port says what to check', async () => {
  const router = await startRouter({})
  router.refuse()
  const failure = await failureOf(router)
  expect(failure).toBeInstanceOf(RouterUnreachable)
  expect(failure).toMatchObject({ message: expect.stringContaining('is the api service enabled') })
})

test('an unknown host is unreachable', async () => {
  expect(await failureOf({ host: 'router.invalid', port: 8728 })).toBeInstanceOf(RouterUnreachable)
})

test('a stop ends a login under way, and one that begins after it', async () => {
  const stop = new AbortController()
  const peer = await startPeer(async client => {
    await client.next()
    stop.abort()
  })
  for (let i = 0; i < 2; i++)
    await expect(dial(addressOf(peer), 'utf-8', PATIENT_MS, stop.signal)).rejects.toThrow('stopped')
  await peer.clients[0]?.closed
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
})

test('a thousand logins, good and bad, leave nothing behind', async () => {
  const peer = await startPeer(async client => {
    const kind = peer.clients.length % 4
    if (kind === 0) client.socket.resetAndDestroy()
    const tag = tagOf(await client.next())
    if (kind === 1) client.socket.end()
    else if (kind === 2) client.say('!trap', tag, '=message=cannot log in')
    else client.say('!done', tag)
  })
  const running = new AbortController()
  const before = new Map(process.eventNames().map(name => [name, process.listenerCount(name)]))
  let logins = 0
  for (let i = 0; i < 1_000; i++) {
    try {
      const line = await dial(addressOf(peer), 'utf-8', PATIENT_MS, running.signal)
      logins++
      line.socket.destroy()
      await line.ended.catch(() => {})
    } catch (error) {
      if (!(error instanceof RouterUnreachable || error instanceof RouterLoginRefused)) throw error
    }
  }
  await Promise.all(peer.clients.map(client => client.closed))
  expect(logins).toBe(250)
  expect(getEventListeners(running.signal, 'abort')).toEqual([])
  // Handles that earlier tests left may go in the meantime.
  const isMore = (name: string | symbol) => process.listenerCount(name) > (before.get(name) ?? 0)
  expect(process.eventNames().filter(isMore)).toEqual([])
  expect(
    process.getActiveResourcesInfo().filter(it => /^TCPSocketWrap|^Timeout/.test(it)).length,
  ).toBeLessThan(10)
})
