import { answerParent } from '../../harness/fleet/asked-process.ts'
import { WatchedFleet } from './watched-fleet.ts'
import type { WatchedFleetRequest } from './watched-fleet-messages.ts'

/** The process of a watched fleet: does what its parent asks, and ends with it. */

let fleet: WatchedFleet | undefined

answerParent(serve, () => void fleet?.stop())

async function serve(request: WatchedFleetRequest): Promise<unknown> {
  if (request.kind === 'start') {
    fleet = new WatchedFleet(request)
    return fleet.start()
  }
  if (!fleet) throw new Error('the fleet was not started')
  switch (request.kind) {
    case 'churn':
      return fleet.churn(request.perSecond)
    case 'stop churn':
      return fleet.stopChurn()
    case 'change password':
      return fleet.changePassword(request.routers, request.password)
    case 'routers':
      return fleet.routers()
    case 'visits':
      return fleet.visits()
    case 'account':
      return fleet.account()
    case 'stop':
      await fleet.stop()
      return process.disconnect()
    default:
      return request satisfies never
  }
}
