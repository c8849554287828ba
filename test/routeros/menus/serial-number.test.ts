import { expect, test } from 'vitest'
import { RouterTimeout } from '../../../src/routeros/errors.ts'
import { readSerial } from '../../../src/routeros/menus/serial-number.ts'
import { conversation } from '../wire/dialled.ts'
import { type Menus, menuConversation } from '../wire/menu-peer.ts'

const TOLD: Readonly<Record<string, { menus: Menus; serial: string | undefined }>> = {
  'a board’s serial number': {
    menus: {
      '/system/routerboard': () => [{ routerboard: 'true', 'serial-number': 'HF0000001' }],
      '/system/license': () => [{ 'software-id': 'ABCD-1234' }],
    },
    serial: 'HF0000001',
  },
  'a virtual machine’s id, where there is no board': {
    menus: {
      '/system/routerboard': () => [{ routerboard: 'false' }],
      '/system/license': () => [{ 'system-id': '6lR1ZP/utuJ', level: 'free' }],
    },
    serial: '6lR1ZP/utuJ',
  },
  'a PC’s id, where there is no such menu': {
    menus: { '/system/license': () => [{ 'software-id': 'ABCD-1234', nlevel: '6' }] },
    serial: 'ABCD-1234',
  },
  'nothing, where a number is empty': {
    menus: {
      '/system/routerboard': () => [{ 'serial-number': '' }],
      '/system/license': () => [{ 'system-id': '', nlevel: '0' }],
    },
    serial: undefined,
  },
  'nothing, where it may not be looked at': {
    menus: {
      '/system/routerboard': () => 'not enough permissions (9)',
      '/system/license': () => 'not enough permissions (9)',
    },
    serial: undefined,
  },
  'nothing, where neither menu has a row': {
    menus: { '/system/routerboard': () => [], '/system/license': () => [] },
    serial: undefined,
  },
}

for (const [what, { menus, serial }] of Object.entries(TOLD))
  test(`a device is identified by ${what}`, async () => {
    const { connection } = await menuConversation(menus)
    expect(await readSerial(connection)).toBe(serial)
  })

test('a device that does not answer is an error, and not a device without a number', async () => {
  const { connection } = await conversation({ timeoutMs: 100 })
  await expect(readSerial(connection)).rejects.toBeInstanceOf(RouterTimeout)
})
