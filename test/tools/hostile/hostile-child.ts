import { getPriority, setPriority } from 'node:os'
import { answerParent } from '../../harness/fleet/asked-process.ts'
import type { HostileRequest } from './hostile-messages.ts'
import { HostileRouter } from './hostile-router.ts'
import { KINDS } from './kinds.ts'

/** The hostile router's process: carries out its parent's requests, and ends with it. */

/** A real router does not use the daemon's machine, so this process only gets what the others leave. */
const LESS_PRIORITY = 5

setPriority(getPriority() + LESS_PRIORITY)
const router = new HostileRouter()
answerParent(serve, () => router.stop())

async function serve(request: HostileRequest): Promise<unknown> {
  switch (request.kind) {
    case 'start':
      return router.start()
    case 'turn': {
      const malice = KINDS.get(request.into)
      if (!malice) throw new RangeError(`no such kind: ${request.into}`)
      return router.turn(malice)
    }
    case 'misdeeds':
      return router.misdeeds()
    case 'stop':
      router.stop()
      return process.disconnect()
    default:
      return request satisfies never
  }
}
