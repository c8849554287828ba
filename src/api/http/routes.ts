import type { IncomingHttpHeaders } from 'node:http'
import type { Grant } from './authorization.ts'
import type { Form } from './form.ts'
import { type Answer, problem, type Reply } from './reply.ts'

interface Endpoint {
  /** Exact. */
  readonly path: string
  /** The query parameters it knows, each given once at the most; others are faults. */
  readonly parameters: readonly string[]
}

/** The rest of what is known of who asks. */
export interface Asker {
  readonly headers: IncomingHttpHeaders
  /** Aborts when the answer is over, or its client has left. */
  readonly signal: AbortSignal
  /** Whether only the headers are asked for. */
  readonly isHead: boolean
}

/**
 * A page of the API: for GET and HEAD, `open` to everyone or `guarded` by a bearer token; or a `form` to be posted, guarded
 * too.
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

/** What is wrong with a query for the route, if anything is. */
export function queryFault(route: Route, query: URLSearchParams): Reply | undefined {
  for (const name of new Set(query.keys())) {
    if (!route.parameters.includes(name)) return problem(400, `unknown query parameter: ${name}`)
    if (query.getAll(name).length > 1) return problem(400, `query parameter given twice: ${name}`)
  }
  return undefined
}

/** The answer to who asks for a WebSocket's path without the upgrade. */
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
