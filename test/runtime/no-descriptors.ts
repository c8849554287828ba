import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { descriptorLimit } from '../../src/runtime/descriptors.ts'

/**
 * Takes the right to open anything more from this process, at once.
 * @returns a function that gives it back
 */
export function takeDescriptors(): () => Promise<void> {
  const pid = String(process.pid)
  const limit = descriptorLimit()
  // It is made before, because nothing can be started after.
  const giver = spawn('sh', ['-c', `read line; exec prlimit --pid ${pid} --nofile=${limit}:`], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  execFileSync('prlimit', ['--pid', pid, '--nofile=1:'], { stdio: 'ignore' })
  return async () => {
    const given = once(giver, 'exit')
    giver.stdin?.end('\n')
    await given
  }
}
