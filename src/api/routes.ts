import type { Grant } from './authorization.ts'
import { problem, type Reply } from './reply.ts'

interface Endpoint {
  /** Exact. */
  readonly path: string
  /** The query parameters it knows, each given once at the most; others are faults. */
  readonly parameters: readonly string[]
}

/** A page of the API, for GET and HEAD: `open` to everyone, or `guarded` by a bearer token. */
export type Route =
  | (Endpoint & {
      readonly kind: 'open'
      readonly answer: (query: URLSearchParams) => Reply | Promise<Reply>
    })
  | (Endpoint & {
      readonly kind: 'guarded'
      readonly answer: (query: URLSearchParams, grant: Grant) => Reply | Promise<Reply>
    })

/** What is wrong with a query for the route, if anything is. */
export function queryFault(route: Route, query: URLSearchParams): Reply | undefined {
  for (const name of new Set(query.keys())) {
    if (!route.parameters.includes(name)) return problem(400, `unknown query parameter: ${name}`)
    if (query.getAll(name).length > 1) return problem(400, `query parameter given twice: ${name}`)
  }
  return undefined
}

/** The answer to who asks for a WebSocket's path without the upgrade. */
export function webSocketRoute(path: string): Route {
  return {
    kind: 'open',
    path,
    parameters: [],
    answer: () =>
      problem(426, 'this is a WebSocket: upgrade the connection', {
        Upgrade: 'websocket',
        Connection: 'Upgrade',
      }),
  }
}
