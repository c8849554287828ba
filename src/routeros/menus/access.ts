import { RouterTrap } from '../errors.ts'
import type { RouterConnection } from '../wire/connection.ts'
import { proplist } from './fields.ts'

/**
 * Reads whether a user may log in from any address: neither the user nor the service is limited to some.
 * @returns `undefined` if the router does not report it
 * @throws RouterError
 */
export async function readIsOpen(
  connection: RouterConnection,
  username: string,
  service: 'api' | 'api-ssl',
): Promise<boolean | undefined> {
  try {
    const services = await connection.command(
      '/ip/service/print',
      proplist('name', 'address'),
      `?name=${service}`,
    )
    const users = await connection.command('/user/print', proplist('name', 'address'), `?name=${username}`)
    const rows = [services.rows[0], users.rows[0]]
    if (rows.includes(undefined)) return undefined
    return rows.every(row => (row?.get('address') ?? '') === '')
  } catch (error) {
    if (error instanceof RouterTrap) return undefined
    throw error
  }
}
