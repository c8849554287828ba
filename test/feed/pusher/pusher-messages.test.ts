import { expect, test } from 'vitest'
import { readPusherMessage } from '../../../src/feed/pusher/pusher-messages.ts'

function read(message: unknown) {
  return readPusherMessage(Buffer.from(JSON.stringify(message)), false)
}

test('data may be JSON, or a string of JSON', () => {
  const data = { channel: 'private-x', auth: 'key:signature', channel_data: null }
  for (const it of [data, JSON.stringify(data)])
    expect(read({ event: 'pusher:subscribe', data: it })).toEqual({
      kind: 'subscribe',
      channel: 'private-x',
      auth: 'key:signature',
    })
  expect(read({ event: 'pusher:unsubscribe', data: { channel: 'private-x' } })).toEqual({
    kind: 'unsubscribe',
    channel: 'private-x',
  })
})

test('a subscription without a signature has an empty one', () => {
  expect(read({ event: 'pusher:subscribe', data: { channel: 'public' } })).toMatchObject({ auth: '' })
})

test.each([[undefined], [null], [''], ['{}'], [{}]])(
  'a ping and a pong count, whatever their data: %j',
  data => {
    expect(read({ event: 'pusher:ping', data })).toEqual({ kind: 'ping' })
    expect(read({ event: 'pusher:pong', data })).toEqual({ kind: 'pong' })
  },
)

test.each([
  [{ event: 'pusher:subscribe' }],
  [{ event: 'pusher:subscribe', data: null }],
  [{ event: 'pusher:subscribe', data: '{' }],
  [{ event: 'pusher:subscribe', data: { channel: 7 } }],
  [{ event: 'pusher:subscribe', data: { channel: 'private-x', auth: {} } }],
  [{ event: 'pusher:signin', data: {} }],
  [{ event: 'client-typing', channel: 'private-x', data: {} }],
])('%j is wrong, but does not close the connection', message => {
  expect(read(message).kind).toBe('wrong')
})

test.each(['', '{', 'null', '[]', '"pusher:ping"', '{}', '{"event":7}'])('%s is malformed', text => {
  expect(readPusherMessage(Buffer.from(text), false).kind).toBe('malformed')
})

test('a binary message is malformed, whatever it contains', () => {
  expect(readPusherMessage(Buffer.from('{"event":"pusher:ping"}'), true).kind).toBe('malformed')
})
