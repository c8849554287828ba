// For `node --import`: after SIGUSR2 no write to a file completes, as on a disk that hangs.
import { open } from 'node:fs/promises'

const handle = await open('/dev/null')
const prototype = Object.getPrototypeOf(handle)
await handle.close()

let isHanging = false
process.on('SIGUSR2', () => {
  isHanging = true
})
for (const method of ['write', 'writev', 'sync', 'datasync']) {
  const work = prototype[method]
  prototype[method] = function (...given) {
    return isHanging ? new Promise(() => {}) : work.apply(this, given)
  }
}
