import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { messageOf } from '../../src/alerts/message.ts'
import { signedHeaders } from '../../src/alerts/signature.ts'
import { ENDED_AT, FIRED_AT, outage } from './alerts.ts'

const ENCODED = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const TEXT = 'words that are a secret, ünd more than 24 bytes'
const ID = '4a5b0c64-2f5f-4f0e-9a1f-1f7d5d2f4d10'

test('the example shared by the Standard Webhooks libraries is signed like theirs', () => {
  const at = new Date(1_614_265_330_999)
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at, body: '{"test": 2432232314}' }
  expect(signedHeaders(ENCODED, message)).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test.each([
  ['its bytes in Base64', new Webhook(ENCODED), ENCODED],
  ['its text', new Webhook(Buffer.from(TEXT), { format: 'raw' }), TEXT],
])('a receiver that verifies with the secret accepts the message: %s', (_, receiver, secret) => {
  const body = messageOf('fired', outage())
  const headers = signedHeaders(secret, { id: ID, at: new Date(), body })
  expect(receiver.verify(body, headers)).toEqual({
    ...{ type: 'alert.fired', timestamp: FIRED_AT },
    data: { tenant: 'acme', alert: outage().alert },
  })
  expect(() => receiver.verify(body.replace('17', '18'), headers)).toThrow('No matching signature')
  expect(() => receiver.verify(body, { ...headers, 'webhook-id': 'another' })).toThrow('No matching')
})

test('a receiver refuses the message of an old attempt', () => {
  const body = messageOf('fired', outage())
  const headers = signedHeaders(ENCODED, { id: ID, at: new Date(Date.now() - 600_000), body })
  expect(() => new Webhook(ENCODED).verify(body, headers)).toThrow('too old')
})

test('the message that an alert fired has the same bytes after the alert has ended', () => {
  expect(messageOf('fired', outage(17, ENDED_AT))).toBe(messageOf('fired', outage(17)))
})

test('the message that an alert ended contains its end', () => {
  expect(JSON.parse(messageOf('ended', outage(17, ENDED_AT)))).toEqual({
    ...{ type: 'alert.ended', timestamp: ENDED_AT },
    data: { tenant: 'acme', alert: { ...outage().alert, ended_at: ENDED_AT } },
  })
})
