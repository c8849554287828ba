import type { IncomingHttpHeaders } from 'node:http'
import type { Grant } from '../../auth/bearer.ts'
import type { Form } from './form.ts'
import { type Answer, problem, type Reply } from './reply.ts'

interface Endpoint {
  /** Matched exactly. */
  readonly path: string
  /** The query parameters that it accepts, each at most once. Any other is a fault. */
  readonly parameters: readonly string[]
}

/** More about a guarded request. */
export interface Asker {
  readonly headers: IncomingHttpHeaders
  /** Aborts when the answer is over, or its client has left. */
  readonly signal: AbortSignal
  /** Whether only the headers are asked for. */
  readonly isHead: boolean
}

/**
 * A page of the API. `open` and `guarded` answer GET and HEAD, `guarded` only with a bearer token. A `form` answers POST,
 * with a bearer token too.
 */
export type Route =
  | (Endpoint & {
      readonly kind: 'open'
      readonly answer: (query: URLSearchParams, headers: IncomingHttpHeaders) => Reply | Promise<Reply>
    })
  | (Endpoint & {
      readonly kind: 'guarded'
      readonly answer: (query: URLSearchParams, grant: Grant, asker: Asker) => Answer | Promise<Answer>
    })
  | (Endpoint & {
      readonly kind: 'form'
      readonly answer: (form: Form, grant: Grant) => Reply | Promise<Reply>
    })

export function methodsOf({ kind }: Route): readonly string[] {
  return kind === 'form' ? ['POST'] : ['GET', 'HEAD']
}

/** The value of `Allow`. */
export function allowOf(methods: readonly string[]): string {
  return [...methods, 'OPTIONS'].join(', ')
}

/** The answer to a query that the route does not accept; `undefined` if it does. */
export function queryFault(route: Route, query: URLSearchParams): Reply | undefined {
  for (const name of new Set(query.keys())) {
    if (!route.parameters.includes(name)) return problem(400, `unknown query parameter: ${name}`)
    if (query.getAll(name).length > 1) return problem(400, `query parameter given twice: ${name}`)
  }
  return undefined
}

/** Answers requests for a WebSocket's path that do not ask for the upgrade. */
export function webSocketRoute(path: string, parameters: readonly string[]): Route {
  return {
    kind: 'open',
    ...{ path, parameters },
    answer: () =>
      problem(426, 'this is a WebSocket: upgrade the connection', {
        Upgrade: 'websocket',
        Connection: 'Upgrade',
      }),
  }
}
