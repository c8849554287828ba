import { RouterTrap } from '../errors.ts'
import type { RouterConnection } from '../wire/connection.ts'
import { proplist } from './fields.ts'

/** The policies that reading over the API needs. It needs no others. */
export const NEEDED_POLICIES: readonly string[] = ['read', 'api']

/** What the router allows a user to do. */
export interface Rights {
  readonly group: string
  readonly policies: readonly string[]
}

/**
 * Reads the rights of a user's group.
 * @returns `undefined` if the router does not report them, for example because the user comes from RADIUS
 * @throws RouterError
 */
export async function readRights(
  connection: RouterConnection,
  username: string,
): Promise<Rights | undefined> {
  try {
    const users = await connection.command('/user/print', proplist('name', 'group'), `?name=${username}`)
    const group = users.rows[0]?.get('group')
    if (group === undefined) return undefined
    const groups = await connection.command('/user/group/print', proplist('name', 'policy'), `?name=${group}`)
    const policy = groups.rows[0]?.get('policy')
    if (policy === undefined) return undefined
    // The list also has policies that are not granted, such as `!write`.
    return { group, policies: policy.split(',').filter(it => it !== '' && !it.startsWith('!')) }
  } catch (error) {
    // A user that may not read this menu can still read sessions.
    if (error instanceof RouterTrap) return undefined
    throw error
  }
}
