import { expect, test } from 'vitest'
import { channelOf, PusherApp } from '../../../src/feed/pusher/app.ts'

/** The example in Pusher's own documentation. */
const app = new PusherApp({ key: '278d425bdf160c739803', secret: '7ad3773142a6692b25b8' })
const AUTH = '278d425bdf160c739803:58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4'

test('a channel is signed as in Pusher’s documentation', () => {
  expect(app.sign('1234.1234', 'private-foobar')).toBe(AUTH)
  expect(app.signatureOf('1234.1234', 'private-foobar', AUTH)).toEqual({ expiresAt: undefined })
})

test.each([
  ['another connection’s', '1234.1235', 'private-foobar', AUTH],
  ['another channel’s', '1234.1234', 'private-foobaz', AUTH],
  ['another key’s', '1234.1234', 'private-foobar', AUTH.replace('278', '279')],
  ['in capitals', '1234.1234', 'private-foobar', AUTH.toUpperCase()],
  ['cut short', '1234.1234', 'private-foobar', AUTH.slice(0, -1)],
  ['none', '1234.1234', 'private-foobar', ''],
  ['of as many letters and more bytes', '1234.1234', 'private-foobar', AUTH.replace('a4', 'ä4')],
])('a signature that is %s is invalid', (_, socketId, channel, auth) => {
  expect(app.signatureOf(socketId, channel, auth)).toBeUndefined()
})

const UNTIL = new Date('2026-11-30T09:00:00.500Z')
const OWN = app.signUntil('1234.1234', 'private-foobar', UNTIL)

test('a signature of our own contains its expiry, and belongs to the app', () => {
  expect(OWN).toMatch(/^278d425bdf160c739803:[0-9a-f]{64}\.\d{13}$/)
  expect(app.signatureOf('1234.1234', 'private-foobar', OWN)).toEqual({ expiresAt: UNTIL })
})

test.each([
  ['with a later expiry', OWN.replace('.', '.9')],
  ['without its expiry', OWN.replace(/\..*/, '')],
  ['of a backend with an expiry', `${AUTH}.${UNTIL.getTime()}`],
  ['of a backend for the text that we sign', app.sign('1234.1234', `private-foobar:${UNTIL.getTime()}`)],
  [
    'of a backend for that text, with an expiry',
    `${app.sign('1234.1234', `private-foobar:${UNTIL.getTime()}`)}.${UNTIL.getTime()}`,
  ],
  [
    'of another app',
    new PusherApp({ key: app.key, secret: 'other' }).signUntil('1234.1234', 'private-foobar', UNTIL),
  ],
  ['with an expiry that is not a date', `${OWN.replace(/\..*/, '')}.9999999999999999`],
])('a signature %s is invalid', (_, auth) => {
  expect(app.signatureOf('1234.1234', 'private-foobar', auth)).toBeUndefined()
})

test('a tenant’s channel names it, whatever characters its id has', () => {
  for (const id of ['acme', 'a.b-c_d', 'acme.dashboard-stats']) expect(app.tenantIn(channelOf(id))).toBe(id)
  for (const other of [
    'private-tenant..dashboard-stats',
    'private-tenant.acme',
    'tenant.acme.dashboard-stats',
    'presence-tenant.acme.dashboard-stats',
    'private-tenant.acme.dashboard-stats2',
  ])
    expect(app.tenantIn(other)).toBeUndefined()
})

test('a socket id is two numbers, and nothing that could be part of a channel', () => {
  expect(app.isSocketId('123.456')).toBe(true)
  for (const other of ['', '123', '123.', '1.2:private-x', '1.2\n', ' 1.2', 'a.b'])
    expect(app.isSocketId(other)).toBe(false)
})
