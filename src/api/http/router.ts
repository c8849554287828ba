import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isFailure } from '../../runtime/failure.ts'
import { errorFields, type Logger } from '../../runtime/logger.ts'
import { authorize, bearerToken, type TokenVerifier } from './authorization.ts'
import type { Bearers } from './bearers.ts'
import { sparing } from './caching.ts'
import { corsHeaders, methodNotAllowed, preflight } from './cors.ts'
import { readForm } from './form.ts'
import { problem, type Reply } from './reply.ts'
import { type Answer, methodsOf, queryFault, type Route } from './routes.ts'
import { breakOff, pour } from './streaming.ts'

export interface ApiOptions {
  readonly routes: readonly Route[]
  readonly verifier: TokenVerifier
  /** Where those who are being answered are noted. */
  readonly bearers: Bearers
  /** The browsers' pages that may read the answers, exactly as they send `Origin`. */
  readonly origins: readonly string[]
  /** Learns of valid tokens, and chooses the answer to invalid ones. */
  readonly strangers: {
    known(request: IncomingMessage): void
    failed(request: IncomingMessage, reply: Reply): Reply
  }
  readonly log: Logger
}

/** Answers are for programs, and for the one who asked. */
const ALWAYS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

/** To one whose token no longer held before anything was sent. */
const REVOKED = problem(401, 'the token no longer holds', {
  'WWW-Authenticate': 'Bearer error="invalid_token"',
})

/** The HTTP API: finds the route, asks for the token where one is needed, and sends the answer. */
export function createApi(options: ApiOptions): RequestListener {
  const routes = new Map(options.routes.map(route => [route.path, route]))
  return (request, response) => {
    // A client that goes while we answer is none of our errors.
    response.on('error', () => {})
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    void respond(request, response, routes, options, gone.signal)
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  routes: ReadonlyMap<string, Route>,
  options: ApiOptions,
  signal: AbortSignal,
): Promise<void> {
  const cors = corsHeaders(request.headers, options.origins)
  const cutOff = () => {
    if (response.headersSent) breakOff(response)
    else send(response, REVOKED, cors)
  }
  try {
    const reply = await answer(request, routes, options, { signal, cutOff })
    if (response.headersSent) return
    if (!('open' in reply)) return send(response, sparing(reply, request.headers), cors)
    const chunks = request.method === 'HEAD' ? undefined : await reply.open(signal)
    if (response.headersSent) return
    if (chunks !== undefined && 'status' in chunks) return send(response, chunks, cors)
    response.writeHead(200, { ...ALWAYS, ...cors, 'Content-Type': reply.contentType, ...reply.headers })
    if (chunks === undefined) response.end()
    else await pour(chunks, response, signal)
  } catch (error) {
    if (signal.aborted) return
    const reply = failed(error, pathOf(request), options.log)
    // A stream that broke off has told so itself.
    if (!response.headersSent) send(response, reply, cors)
  }
}

/** What somebody else's failure, and what our own, is to the one who asked: no word of what it was. */
function failed(error: unknown, path: string, log: Logger): Reply {
  if (isFailure(error)) {
    log.warn({ err: errorFields(error), path }, 'request could not be answered')
    return problem(503, 'this can not be told now', { 'Retry-After': '5' })
  }
  log.error({ err: errorFields(error), path }, 'request failed')
  return problem(500, 'something went wrong here')
}

async function answer(
  request: IncomingMessage,
  routes: ReadonlyMap<string, Route>,
  { verifier, bearers, origins, strangers }: ApiOptions,
  { signal, cutOff }: { readonly signal: AbortSignal; readonly cutOff: () => void },
): Promise<Answer> {
  const route = routes.get(pathOf(request))
  if (route === undefined) return problem(404, 'no such page')
  const methods = methodsOf(route)
  if (request.method === 'OPTIONS') return preflight(request.headers, origins, methods)
  if (!methods.includes(request.method ?? '')) return methodNotAllowed(methods)
  const query = new URLSearchParams(queryOf(request))
  if (route.kind === 'open') return queryFault(route, query) ?? route.answer(query, request.headers)
  const token = bearerToken(request.headers)
  if (token !== undefined) bearers.add({ token, cutOff }, signal)
  // Who may not ask isn't told what else is wrong.
  const asked = await authorize(request.headers, verifier)
  if (asked.kind === 'failed') return strangers.failed(request, asked.reply)
  if (asked.kind !== 'granted') return asked.reply
  strangers.known(request)
  const fault = queryFault(route, query)
  if (fault !== undefined) return fault
  if (route.kind === 'guarded') return route.answer(query, asked.grant, { headers: request.headers, signal })
  const posted = await readForm(request)
  return posted.kind === 'form' ? route.answer(posted.form, asked.grant) : posted.reply
}

function send(response: ServerResponse, reply: Reply, cors: Readonly<Record<string, string>>): void {
  const type = reply.contentType === '' ? {} : { 'Content-Type': reply.contentType }
  const length =
    reply.status === 204 || reply.status === 304
      ? {}
      : { 'Content-Length': String(Buffer.byteLength(reply.body)) }
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
