import { json } from '../http/reply.ts'
import type { Route } from '../http/routes.ts'
import type { Replica } from '../usage/usage-source.ts'

/** A port: whether the daemon does its work. It is called often, so it answers from memory. */
export interface Readiness {
  database(): 'up' | 'down'
  pollers(): 'starting' | 'running' | 'stopped'
  /** `failing`: readings are not on disk, so they would be lost with the process. */
  journal(): 'writing' | 'failing'
  /** `down`: numbers of routers that other daemons read come from the tables; `undefined`: there is no bus. */
  bus(): 'up' | 'down' | undefined
  /** The database that questions about usage go to; `undefined`: the same. */
  replica(): Replica | undefined
}

/** The pages for supervisors and load balancers. */
export const HEALTH_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

export function healthRoutes(readiness: Readiness): readonly Route[] {
  return [
    { kind: 'open', path: '/healthz', parameters: [], answer: () => json(200, { status: 'alive' }) },
    {
      kind: 'open',
      path: '/readyz',
      parameters: [],
      answer: () => {
        const { database, pollers, journal } = readiness
        const parts = { database: database(), pollers: pollers(), journal: journal() }
        // Without these all is counted: the live numbers are less fresh, or questions about usage get no answer.
        const bus = readiness.bus()
        const replica = readiness.replica()
        const isReady = parts.database === 'up' && parts.pollers === 'running' && parts.journal === 'writing'
        return json(isReady ? 200 : 503, {
          status: isReady ? 'ready' : 'not_ready',
          ...parts,
          ...(bus === undefined ? {} : { bus }),
          ...(replica === undefined ? {} : aboutReplica(replica)),
        })
      },
    },
  ]
}

function aboutReplica({ isUp, lagMs }: Replica): object {
  const lag = lagMs === undefined ? null : Math.ceil(lagMs / 1000)
  return { replica: isUp ? 'up' : 'down', replica_lag_seconds: lag }
}
