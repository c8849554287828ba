import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { AUTHORITY_PATH, fingerprintOf, selfSignedIdentity, serverIdentity } from './certificate.ts'
import { enter, knock, startRouter } from './opened.ts'

const REFUSED = [['!trap', '=message=invalid user name or password (6)'], ['!done']]

test('name and password log in with one done', async () => {
  const client = await knock(await startRouter({}))
  expect(await client.ask('/login', '=name=usage', '=password=secret', '.tag=1')).toEqual([
    ['!done', '.tag=1'],
  ])
})

test('a wrong password is a trap and then done, and the connection stays', async () => {
  const client = await knock(await startRouter({}))
  expect(await client.ask('/login', '=name=usage', '=password=wrong')).toEqual(REFUSED)
  expect(await client.ask('/login', '=name=usage', '=password=secret')).toEqual([['!done']])
})

test('a password in Cyrillic letters is compared byte by byte', async () => {
  const users = [{ name: 'учёт', password: 'пароль', policy: ['read', 'api'] as const }]
  const client = await knock(await startRouter({ users }))
  expect(await client.ask('/login', '=name=учёт', '=password=пароль')).toEqual([['!done']])
})

test('a user without the api right cannot log in', async () => {
  const users = [{ name: 'usage', password: 'secret', policy: ['read'] as const }]
  const client = await knock(await startRouter({ users }))
  expect(await client.ask('/login', '=name=usage', '=password=secret')).toEqual(REFUSED)
})

test('a user without the read right is refused by every menu', async () => {
  const users = [{ name: 'usage', password: 'secret', policy: ['api'] as const }]
  const client = await enter(await startRouter({ users }))
  expect(await client.ask('/ppp/active/print')).toEqual([
    ['!trap', '=message=not enough permissions (9)'],
    ['!done'],
  ])
})

test('an old router requires the MD5 of its challenge', async () => {
  const client = await knock(await startRouter({ hasOldLogin: true, version: '6.49' }))
  const [challenge = []] = await client.ask('/login', '=name=usage', '=password=secret')
  expect(challenge).toEqual(['!done', expect.stringMatching(/^=ret=[0-9a-f]{32}$/)])
  const bytes = Buffer.from(challenge[1]?.slice('=ret='.length) ?? '', 'hex')
  const proof = createHash('md5').update('\0secret').update(bytes).digest('hex')
  expect(await client.ask('/login', '=name=usage', `=response=00${proof}`)).toEqual([['!done']])
  expect(await client.rows('/system/identity/print')).toEqual([{ name: 'router' }])
})

test('a command before the login is fatal', async () => {
  const client = await knock(await startRouter({}))
  expect(await client.ask('/system/resource/print', '.tag=1')).toEqual([['!fatal', 'not logged in']])
})

test('quit is answered with fatal, and the connection closes', async () => {
  const client = await enter(await startRouter({}))
  expect(await client.ask('/quit')).toEqual([['!fatal', 'session terminated on request']])
})

test('a router with a certificate speaks the same over TLS, on IPv6 too', async () => {
  const router = await startRouter({ tls: serverIdentity(), host: '::1' })
  const client = await enter(router, { ca: readFileSync(AUTHORITY_PATH, 'utf8') })
  expect(await client.rows('/system/identity/print')).toEqual([{ name: 'router' }])
})

test('a self-signed certificate can only be trusted by its fingerprint', async () => {
  const router = await startRouter({ tls: selfSignedIdentity() })
  const ca = readFileSync(AUTHORITY_PATH, 'utf8')
  await expect(enter(router, { ca })).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  expect(fingerprintOf(selfSignedIdentity())).toMatch(/^[0-9a-f]{64}$/)
})
