import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { authorize, type TokenVerifier } from './authorization.ts'
import { corsHeaders, methodNotAllowed, preflight } from './cors.ts'
import { problem, type Reply } from './reply.ts'
import { queryFault, type Route } from './routes.ts'

export interface ApiOptions {
  readonly routes: readonly Route[]
  readonly verifier: TokenVerifier
  /** The browsers' pages that may read the answers, exactly as they send `Origin`. */
  readonly origins: readonly string[]
  readonly log: Logger
}

/** Answers are for programs, and for the one who asked. */
const ALWAYS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

/** The HTTP API: finds the route, asks for the token where one is needed, and sends the answer. */
export function createApi(options: ApiOptions): RequestListener {
  const routes = new Map(options.routes.map(route => [route.path, route]))
  return (request, response) => {
    // A client that goes while we answer is none of our errors.
    response.on('error', () => {})
    void answer(request, routes, options)
      .catch((error: unknown) => {
        options.log.error({ err: errorFields(error), path: pathOf(request) }, 'request failed')
        return problem(500, 'something went wrong here')
      })
      .then(reply => send(response, reply, corsHeaders(request.headers, options.origins)))
  }
}

async function answer(
  request: IncomingMessage,
  routes: ReadonlyMap<string, Route>,
  { verifier, origins }: ApiOptions,
): Promise<Reply> {
  const route = routes.get(pathOf(request))
  if (route === undefined) return problem(404, 'no such page')
  if (request.method === 'OPTIONS') return preflight(request.headers, origins)
  if (request.method !== 'GET' && request.method !== 'HEAD') return methodNotAllowed()
  const query = new URLSearchParams(queryOf(request))
  if (route.kind === 'open') return queryFault(route, query) ?? route.answer(query)
  // Who may not ask isn't told what else is wrong.
  const asked = await authorize(request.headers, verifier)
  if (asked.kind === 'denied') return asked.reply
  return queryFault(route, query) ?? route.answer(query, asked.grant)
}

function send(response: ServerResponse, reply: Reply, cors: Readonly<Record<string, string>>): void {
  const type = reply.contentType === '' ? {} : { 'Content-Type': reply.contentType }
  const length = reply.status === 204 ? {} : { 'Content-Length': String(Buffer.byteLength(reply.body)) }
  response.writeHead(reply.status, { ...ALWAYS, ...cors, ...type, ...length, ...reply.headers })
  response.end(reply.body)
}

function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? ''
}

function queryOf(request: IncomingMessage): string {
  const url = request.url ?? ''
  const mark = url.indexOf('?')
  return mark === -1 ? '' : url.slice(mark + 1)
}
