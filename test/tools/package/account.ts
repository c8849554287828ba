import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'

/** The account that runs commands, and its home. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

export function ourAccount(): Account {
  const { username, uid, gid, homedir } = userInfo()
  return { name: username, uid, gid, home: homedir }
}

/** Creates an ordinary user while `use` runs. Only root can. */
export async function asOrdinaryUser(use: (account: Account) => Promise<void>): Promise<void> {
  const name = 'tikmeter-package'
  execFileSync('useradd', ['--create-home', '--user-group', name])
  try {
    const id = (which: string) => Number(execFileSync('id', [which, name], { encoding: 'utf8' }))
    const home = execFileSync('getent', ['passwd', name], { encoding: 'utf8' }).split(':')[5] ?? '/'
    await use({ name, uid: id('-u'), gid: id('-g'), home })
  } finally {
    // It prints a warning about a missing mail spool.
    execFileSync('userdel', ['--remove', name], { stdio: 'ignore' })
  }
}
