import { RouterTrap } from '../errors.ts'
import type { RouterConnection } from '../wire/connection.ts'
import { proplist } from './fields.ts'

/** The policies that reading over the API takes, and all that it takes. */
export const NEEDED_POLICIES: readonly string[] = ['read', 'api']

/** What the router lets its user do. */
export interface Rights {
  readonly group: string
  readonly policies: readonly string[]
}

/**
 * The rights of a user's group.
 * @returns `undefined` where the router does not say: a user of its RADIUS server, for one
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
    // What is not granted is there too, as `!write`.
    return { group, policies: policy.split(',').filter(it => it !== '' && !it.startsWith('!')) }
  } catch (error) {
    // Who may not look at users can read sessions all the same.
    if (error instanceof RouterTrap) return undefined
    throw error
  }
}
