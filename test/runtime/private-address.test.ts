import { expect, it } from 'vitest'
import { isPrivateAddress } from '../../src/runtime/private-address.ts'

it.each([
  ...['127.0.0.1', '10.1.0.9', '100.64.0.1', '169.254.169.254', '172.31.255.255', '192.168.0.1', '0.0.0.0'],
  ...['224.0.0.1', '255.255.255.255', '::1', '::', 'fd00::1', 'fe80::1%eth0', 'ff02::1', '2001::1'],
  // They lead to 127.0.0.1, 10.1.0.9 and 169.254.169.254.
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::10.1.0.9', '2002:a9fe:a9fe::1'],
  ...['64:ff9b:1::8.8.8.8'],
])('%s is of no host on the internet', address => {
  expect(isPrivateAddress(address)).toBe(true)
})

it.each([
  ...['8.8.8.8', '100.128.0.1', '172.32.0.1', '192.0.1.1', '223.255.255.255'],
  ...['2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::1', '2001:4860:4860::8888'],
])('%s is', address => {
  expect(isPrivateAddress(address)).toBe(false)
})
