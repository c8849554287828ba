import { RouterTrap } from '../errors.ts'
import type { RouterConnection } from '../wire/connection.ts'
import { proplist, textOf } from './fields.ts'

/** Where each kind of device has its own number: RouterBOARDs, virtual machines (CHR), PCs. */
const NUMBERS = [
  { command: '/system/routerboard/print', properties: ['serial-number'] },
  { command: '/system/license/print', properties: ['system-id', 'software-id'] },
] as const

/**
 * What tells one device from all others: its serial number, else its licence's id. Copies of a virtual machine share
 * theirs until `/system/license/generate-new-id`.
 * @returns `undefined` where the device does not say
 * @throws RouterError
 */
export async function readSerial(connection: RouterConnection): Promise<string | undefined> {
  for (const { command, properties } of NUMBERS) {
    const row = await rowOf(connection, command, properties)
    for (const property of properties) {
      const number = row && textOf(row, property)
      if (number !== undefined) return number
    }
  }
  return undefined
}

async function rowOf(connection: RouterConnection, command: string, properties: readonly string[]) {
  try {
    const { rows } = await connection.command(command, proplist(...properties))
    return rows[0]
  } catch (error) {
    // A device without the menu, or a user that may not see it.
    if (error instanceof RouterTrap) return undefined
    throw error
  }
}
