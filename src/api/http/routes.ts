import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Grant } from './authorization.ts'
import type { Form } from './form.ts'
import { problem, type Reply, type StreamReply } from './reply.ts'

interface Endpoint {
  /** Exact. */
  readonly path: string
  /** The query parameters it knows, each given once at the most; others are faults. */
  readonly parameters: readonly string[]
}

/** The rest of what is known of who asks. */
export interface Asker {
  readonly headers: IncomingHttpHeaders
  /** Aborts when there is nobody to answer any more. */
  readonly signal: AbortSignal
}

export type Answer = Reply | StreamReply

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

/** Whether a request is one of those that are answered only to who shows a token. */
export function tokenNeeded(
  routes: readonly Route[],
): (request: Pick<IncomingMessage, 'url' | 'method'>) => boolean {
  const guarded = new Map(routes.filter(({ kind }) => kind !== 'open').map(route => [route.path, route]))
  return ({ url = '', method = '' }) => {
    const route = guarded.get(url.split('?', 1)[0] ?? '')
    return route !== undefined && methodsOf(route).includes(method)
  }
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
