import { afterEach, expect, test } from 'vitest'
import { isOriginAllowed, readHandshake } from '../../src/feed/handshake.ts'
import { acme, bearer, TestFeed, tenantToken } from './feed-fixture.ts'

const PAGES = ['https://panel.example.com']

test('a request without Origin is not a browser’s, and passes', () => {
  expect(isOriginAllowed(undefined, 'usage.example.com', [])).toBe(true)
})

test('without a list, a page from elsewhere is refused and a page of this host is not', () => {
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
])('Origin %j compared with an exact list: %j', (origin, isAllowed) => {
  expect(isOriginAllowed(origin, 'usage.example.com', PAGES)).toBe(isAllowed)
})

test('a proxy’s own Basic credentials are not a token', () => {
  const headers = {
    authorization: 'Basic b3A6c2VjcmV0',
    'sec-websocket-protocol': 'tikmeter.v1, bearer.t.o.k',
  }
  expect(readHandshake(headers, [])).toMatchObject({ kind: 'accept', token: 't.o.k' })
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

test('a client that offers only other subprotocols gets 400', async () => {
  feed = await new TestFeed().start()
  expect(await feed.connect({ protocols: ['tikmeter.v2'] }).refused).toBe(400)
  expect(await feed.connect({ protocols: [`bearer.${await tenantToken(acme)}`] }).refused).toBe(400)
})

test('a client that offers no subprotocol gets the feed, without one selected', async () => {
  feed = await new TestFeed().start()
  expect((await feed.watch(acme)).socket.protocol).toBe('')
})

test('the connections of an address are limited, whatever address it claims', async () => {
  feed = await new TestFeed({ limits: { connectionsPerAddress: 1 } }).start()
  const connect = (address: string) => feed?.connect({ headers: { 'X-Forwarded-For': address } })
  await connect('198.51.100.1')?.opened()
  expect(await connect('198.51.100.2')?.closed).toBe(4429)
})

test('the limit applies to each client of a trusted proxy', async () => {
  feed = await new TestFeed({ limits: { connectionsPerAddress: 1 }, proxies: ['127.0.0.0/8'] }).start()
  const connect = (address: string) => feed?.connect({ headers: { 'X-Forwarded-For': address } })
  await connect('198.51.100.1')?.opened()
  const other = await connect('198.51.100.2')?.opened()
  expect(await connect('6.6.6.6, 198.51.100.2')?.closed).toBe(4429)
  expect(other?.socket.readyState).toBe(other?.socket.OPEN)
})
