import { RouterTrap } from '../errors.ts'
import type { RouterConnection } from '../wire/connection.ts'
import { proplist, textOf } from './fields.ts'

/** Where the kinds of devices have their number: RouterBOARDs, virtual machines (CHR), PCs. */
const NUMBERS = [
  { command: '/system/routerboard/print', properties: ['serial-number'] },
  { command: '/system/license/print', properties: ['system-id', 'software-id'] },
] as const

/**
 * Reads the number that identifies the device: its serial number or, if it has none, the id of its licence. Copies of a
 * virtual machine share an id until `/system/license/generate-new-id`.
 * @returns `undefined` if the device does not report one
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
    // The device lacks the menu, or the user lacks the right to read it.
    if (error instanceof RouterTrap) return undefined
    throw error
  }
}
