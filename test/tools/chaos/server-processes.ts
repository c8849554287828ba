import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const ATTEMPTS = 30
/** Children of a killed server hold its memory until they notice that it is gone. */
const BETWEEN_ATTEMPTS_MS = 500

/** Starts a killed server, as soon as that is possible. @throws what the last attempt throws */
export async function startAgain(start: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start()
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
      await sleep(BETWEEN_ATTEMPTS_MS)
    }
  }
}

/** Stops a process and its children for a while: connections stay, and nothing is answered. */
export async function hangFor(pid: number, forMs: number): Promise<void> {
  const pids = [pid, ...(await childrenOf(pid))]
  for (const it of pids) signal(it, 'SIGSTOP')
  try {
    await sleep(forMs)
  } finally {
    for (const it of pids) signal(it, 'SIGCONT')
  }
}

async function childrenOf(parent: number): Promise<readonly number[]> {
  const children: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    // After the program's name, which is in brackets and may contain anything: the state, and the parent.
    const [, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(ppid) === parent) children.push(Number(name))
  }
  return children
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}
