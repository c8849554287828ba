import { answerParent } from '../../harness/fleet/asked-process.ts'
import { ChaosFleet } from './chaos-fleet.ts'
import type { FleetRequest } from './fleet-messages.ts'

/** The fleet's process: carries out its parent's requests, and ends with it. */

let fleet: ChaosFleet | undefined

answerParent(serve, () => void fleet?.stop())

async function serve(request: FleetRequest): Promise<unknown> {
  if (request.kind === 'start') {
    fleet = new ChaosFleet(request)
    return fleet.start()
  }
  if (!fleet) throw new Error('the fleet was not started')
  switch (request.kind) {
    case 'churn':
      return fleet.churn(request.perSecond)
    case 'inject':
      return fleet.inject(request.fault)
    case 'freeze':
      return fleet.freeze()
    case 'stop lying':
      return fleet.stopLying()
    case 'thaw':
      return fleet.thaw(request.afterMs)
    case 'excuse':
      return fleet.excuse(request.router, request.isExcused)
    case 'unread':
      return fleet.unread(request.since)
    case 'readers':
      return fleet.readers()
    case 'account':
      return fleet.account(request.gaps)
    case 'explain':
      return fleet.explain(request.subscribers, request.gaps)
    case 'stop':
      await fleet.stop()
      return process.disconnect()
    default:
      return request satisfies never
  }
}
