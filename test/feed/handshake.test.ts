import { afterEach, expect, test } from 'vitest'
import { clientAddress, isOriginAllowed, readHandshake } from '../../src/feed/handshake.ts'
import { acme, bearer, TestFeed, tenantToken } from './feed-fixture.ts'

const PAGES = ['https://panel.example.com']

test('who sends no Origin is no browser, and passes', () => {
  expect(isOriginAllowed(undefined, 'usage.example.com', [])).toBe(true)
})

test('with no list, a page from elsewhere is refused and a page of this host is not', () => {
  expect(isOriginAllowed('https://panel.example.com', 'usage.example.com', [])).toBe(false)
  expect(isOriginAllowed('https://usage.example.com', 'usage.example.com', [])).toBe(true)
  expect(isOriginAllowed('http://localhost:8090', 'localhost:8090', [])).toBe(true)
  expect(isOriginAllowed('http://localhost:3000', 'localhost:8090', [])).toBe(false)
})

test.each([
  ['https://panel.example.com', true],
  ['http://panel.example.com', false],
  ['https://panel.example.com:8443', false],
  ['https://panel.example.com.evil.example', false],
  ['https://evil.example/https://panel.example.com', false],
  ['null', false],
  ['', false],
])('Origin %j against an exact list: %j', (origin, isAllowed) => {
  expect(isOriginAllowed(origin, 'usage.example.com', PAGES)).toBe(isAllowed)
})

test('an address is the peer’s, or what the proxy on this machine says it is', () => {
  const forwarded = { 'x-forwarded-for': '6.6.6.6, 198.51.100.7' }
  expect(clientAddress(forwarded, '203.0.113.5')).toBe('203.0.113.5')
  expect(clientAddress(forwarded, '::ffff:127.0.0.1')).toBe('198.51.100.7')
  expect(clientAddress({}, '127.0.0.1')).toBe('127.0.0.1')
})

test('a proxy’s own Basic credentials are no token', () => {
  const headers = {
    authorization: 'Basic b3A6c2VjcmV0',
    'sec-websocket-protocol': 'tikmeter.v1, bearer.t.o.k',
  }
  expect(readHandshake(headers, '203.0.113.5', [])).toMatchObject({ kind: 'accept', token: 't.o.k' })
})

let feed: TestFeed | undefined

afterEach(() => feed?.stop())

test('a browser’s page that is not on the list gets 403 and no WebSocket', async () => {
  feed = await new TestFeed({ origins: PAGES }).start()
  const token = bearer(await tenantToken(acme))
  const elsewhere = feed.connect({ headers: { ...token, Origin: 'https://evil.example' } })
  expect(await elsewhere.refused).toBe(403)
  const listed = feed.connect({ headers: { ...token, Origin: 'https://panel.example.com' } })
  await listed.next('welcome')
  const atHome = feed.connect({ headers: { ...token, Origin: `http://127.0.0.1:${feed.port}` } })
  await atHome.next('welcome')
})

test('who offers subprotocols without tikmeter.v1 gets 400', async () => {
  feed = await new TestFeed().start()
  expect(await feed.connect({ protocols: ['tikmeter.v2'] }).refused).toBe(400)
  expect(await feed.connect({ protocols: [`bearer.${await tenantToken(acme)}`] }).refused).toBe(400)
})

test('who offers no subprotocol gets the feed, with none selected', async () => {
  feed = await new TestFeed().start()
  expect((await feed.watch(acme)).socket.protocol).toBe('')
})
