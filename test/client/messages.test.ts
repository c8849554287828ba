import { expect, expectTypeOf, test } from 'vitest'
import type * as client from '../../src/client/messages.ts'
import { readMessage } from '../../src/client/read-message.ts'
import { expiryOf, renewalWaitMs } from '../../src/client/token-life.ts'
import type { ClientMessage, ServerMessage } from '../../src/feed/feed-messages.ts'
import { acme, START, tenantToken } from '../feed/feed-fixture.ts'

type Of<Type, Message> = Extract<Message, { readonly type: Type }>

test('the client’s types match each message of the server', () => {
  // Checked by the compiler. For the client, ids are strings.
  expectTypeOf<Of<'welcome', ServerMessage>>().toExtend<client.WelcomeMessage>()
  expectTypeOf<Of<'snapshot', ServerMessage>>().toExtend<client.SnapshotMessage>()
  expectTypeOf<Of<'sessions', ServerMessage>>().toExtend<client.SessionsMessage>()
  expectTypeOf<Of<'system', ServerMessage>>().toExtend<client.SystemMessage>()
  expectTypeOf<Of<'alert', ServerMessage>>().toExtend<client.AlertMessage>()
  expectTypeOf<ServerMessage['type']>().toEqualTypeOf<client.ServerMessage['type']>()
  expectTypeOf<client.ClientMessage['type']>().toEqualTypeOf<ClientMessage['type']>()
  expectTypeOf<keyof Of<'snapshot', ServerMessage>['stats']>().toEqualTypeOf<keyof client.Stats>()
  expectTypeOf<keyof Of<'snapshot', ServerMessage>['routers'][number]>().toEqualTypeOf<keyof client.Router>()
  expectTypeOf<keyof Of<'sessions', ServerMessage>['sessions'][number]>().toEqualTypeOf<
    keyof client.Session
  >()
  expectTypeOf<Of<'alert', ServerMessage>['alert']['kind']>().toEqualTypeOf<client.Alert['kind']>()
})

test('a message of an unknown type is not garbage', () => {
  expect(readMessage('{"type":"forecast"}')).toEqual({ kind: 'unknown' })
  expect(readMessage('{"type":"error","code":"too_soon","message":"one a second"}').kind).toBe('message')
})

test('the expiry of a token is read from it; something that is not a token has none', async () => {
  const expiresAt = new Date(START.getTime() + 60_000)
  expect(expiryOf(await tenantToken(acme, expiresAt))).toBe(expiresAt.getTime())
  const claims = Buffer.from(JSON.stringify({ exp: 1, name: '🗼??>>' })).toString('base64url')
  expect(expiryOf(`head.${claims}.signature`)).toBe(1000)
  for (const token of ['', 'x', 'a.b.c', 'a.bnVsbA.c', 'a.e30.c', 'a.eyJleHAiOiJzb29uIn0.c']) {
    expect(expiryOf(token)).toBeUndefined()
  }
})

test.each([
  [3_600_000, 3_570_000],
  [60_000, 30_000],
  [40_000, 20_000],
  [1_000, 5_000],
  [0, undefined],
  [-3_600_000, undefined],
])('with %i ms left, another token is requested in %s ms', (leftMs, waitMs) => {
  expect(renewalWaitMs(START.getTime() + leftMs, START.getTime())).toBe(waitMs)
})
