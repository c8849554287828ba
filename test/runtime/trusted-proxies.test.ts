import { expect, test } from 'vitest'
import { TrustedProxies } from '../../src/runtime/trusted-proxies.ts'
import { LogLines } from './log-lines.ts'

const CLIENT = '198.51.100.7'

function clientOf(forwarded: string | undefined, peer: string, networks: readonly string[] = []): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return new TrustedProxies(networks, new LogLines().log).clientOf(headers, peer)
}

test('no proxy is trusted by default, not even on this machine', () => {
  expect(clientOf(CLIENT, '127.0.0.1')).toBe('127.0.0.1')
  expect(clientOf(CLIENT, '::ffff:203.0.113.5')).toBe('203.0.113.5')
  expect(clientOf(undefined, '::1')).toBe('::1')
})

test('the last address of a trusted proxy is its client', () => {
  expect(clientOf(`6.6.6.6, ${CLIENT}`, '127.0.0.1', ['127.0.0.1'])).toBe(CLIENT)
  expect(clientOf(CLIENT, '::ffff:10.1.2.3', ['10.0.0.0/8'])).toBe(CLIENT)
  expect(clientOf(CLIENT, 'fd00::9', ['fd00::/8'])).toBe(CLIENT)
  expect(clientOf(CLIENT, '10.1.2.3', ['127.0.0.1'])).toBe('10.1.2.3')
})

test('behind several proxies the client is the last address that is not one of them', () => {
  const proxies = ['127.0.0.1', '10.0.0.0/8']
  expect(clientOf(`6.6.6.6, ${CLIENT}, 10.0.0.1, 10.0.0.2`, '127.0.0.1', proxies)).toBe(CLIENT)
  expect(clientOf('10.0.0.1,10.0.0.2', '127.0.0.1', proxies)).toBe('10.0.0.1')
})

test.each([
  ['203.0.113.9:4711', '203.0.113.9'],
  ['[2001:db8::1]:4711', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['fe80::1%eth0', 'fe80::1'],
  ['unknown', '127.0.0.1'],
  ['6.6.6.6, <script>', '127.0.0.1'],
  ['', '127.0.0.1'],
])('a proxy that writes %j means %s', (written, address) => {
  expect(clientOf(written, '127.0.0.1', ['127.0.0.1'])).toBe(address)
})

test('the longest possible header is read once', () => {
  const long = `${'1.2.3.4,'.repeat(2000)}10.0.0.1`
  expect(clientOf(long, '10.0.0.1', ['10.0.0.1'])).toBe('1.2.3.4')
})

test('an untrusted proxy on this machine is reported once, with the line to add', () => {
  const lines = new LogLines()
  const proxies = new TrustedProxies([], lines.log)
  for (const peer of ['203.0.113.5', '127.0.0.1', '127.0.0.1', '::1'])
    proxies.clientOf({ 'x-forwarded-for': CLIENT }, peer)
  proxies.clientOf({}, '127.0.0.1')
  expect(lines.told).toMatchObject([
    { address: '127.0.0.1', line: 'server: { trusted_proxies: ["127.0.0.1"] }' },
  ])
})
