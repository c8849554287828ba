import type { IncomingMessage, ServerResponse } from 'node:http'
import cors, { type FastifyCorsOptions } from '@fastify/cors'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { bearerToken, type Grant, type TokenVerifier } from '../../auth/bearer.ts'
import type { Logger } from '../../runtime/logger.ts'
import { authorize } from './authorization.ts'
import type { Bearers } from './bearers.ts'
import { type Form, formFault, NOT_A_FORM, readForms } from './form.ts'
import { type Answer, problem, type Reply } from './reply.ts'
import { allowOf, methodsOf, queryFault, type Route } from './routes.ts'
import { breakOff, failed, send } from './sending.ts'
import type { Api } from './server.ts'

export interface ApiOptions {
  readonly routes: readonly Route[]
  readonly verifier: TokenVerifier
  /** Notes the token of each answer under way. */
  readonly bearers: Bearers
  /** The web pages that may read the answers, exactly as browsers send `Origin`. */
  readonly origins: readonly string[]
  /** Limits requests without a token, notes valid tokens, and chooses the answer to invalid ones. */
  readonly strangers: {
    limit(request: IncomingMessage, response: ServerResponse, needsToken: boolean): Reply | undefined
    known(request: IncomingMessage): void
    failed(request: IncomingMessage, reply: Reply): Reply
  }
  /**
   * How long browsers must use HTTPS only (RFC 6797), in milliseconds of whole seconds; `undefined` sends no such header.
   * Called at each HTTPS request: browsers ignore the header over plain HTTP.
   */
  readonly strictTransportMs: () => number | undefined
  readonly log: Logger
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly needsToken?: boolean
    readonly cors?: FastifyCorsOptions
  }
}

interface Asked {
  Querystring: { readonly parameters: URLSearchParams }
  /** `undefined` if the request has no body. */
  Body: Form | undefined
}

/** The valid token of a request. */
interface Admitted {
  readonly grant: Grant
  /** Aborts when the answer is over, or its client has left. */
  readonly signal: AbortSignal
}

/** Answers are for programs, and only for the client that asked. */
const ALWAYS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

/** What pages send: the token, the type of a form, and what Laravel's libraries add to each request. */
const CORS_HEADERS = 'Authorization, Content-Type, X-CSRF-TOKEN, X-Requested-With, X-Socket-ID'

/** Why a signal aborts. One error for all requests: making one with its stack would be a good part of a short answer. */
const OVER = new Error('the answer is over')

/** The answer if the token was revoked before anything was sent. */
const REVOKED = problem(401, 'the token is no longer valid', {
  'WWW-Authenticate': 'Bearer error="invalid_token"',
})

/** Keeps Fastify from loading its compilers of schemas, which take 2.5 MB. */
const NO_SCHEMAS = { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } }

function noSchemas(): never {
  throw new Error('no route has a schema')
}

/**
 * Builds the HTTP API: Fastify with our routes, for a server of ours. A request passes, in this order: the limits of
 * clients without a token, CORS, its token, its query, the form in its body, and the route.
 */
export function createApi(options: ApiOptions): Api {
  const { routes, origins, strangers, strictTransportMs, log } = options
  const methodsByPath = new Map(routes.map(route => [route.path, methodsOf(route)]))
  const app = fastify({
    ...{ exposeHeadRoutes: false, pluginTimeout: 0, schemaController: NO_SCHEMAS },
    rewriteUrl: ({ url = '' }) => exactTarget(url),
    routerOptions: { querystringParser: text => ({ parameters: new URLSearchParams(text) }) },
  })
  readForms(app)
  app.addHttpMethod('OPTIONS', { hasBody: false, overrideExisting: true })
  app.decorateRequest('admitted', undefined)
  app.addHook('onRequest', (request, reply, done) => {
    // A client that leaves while it is answered is not our error.
    reply.raw.on('error', () => {})
    const hstsMs = request.protocol === 'https' ? strictTransportMs() : undefined
    if (hstsMs !== undefined) reply.header('Strict-Transport-Security', `max-age=${hstsMs / 1000}`)
    const { needsToken = false } = request.routeOptions.config
    const refusal = strangers.limit(request.raw, reply.raw, needsToken)
    if (refusal !== undefined) return void send(reply, refusal)
    reply.headers(ALWAYS)
    done()
  })
  app.register(cors, corsOptions(origins))
  const answerNotFound = ({ originalUrl }: FastifyRequest, reply: FastifyReply) => {
    const methods = methodsByPath.get(pathOf(originalUrl))
    if (methods === undefined) return send(reply, problem(404, 'no such page'))
    return send(reply, problem(405, `only ${methods.join(' and ')}`, { Allow: allowOf(methods) }))
  }
  app.setNotFoundHandler(answerNotFound)
  // Answered before Fastify reads the body, which may be a fault too.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404) answerNotFound(request, reply)
    else done()
  })
  app.setErrorHandler((error, request, reply) => {
    if (!reply.raw.closed) send(reply, formFault(error) ?? failed(error, request, log))
  })
  for (const route of routes) addRoute(app, route, options)
  return app
}

/**
 * CORS for all routes. Only the OPTIONS route of a path adds `preflight` and its `methods`.
 * @param origins the pages that may read answers, exactly as browsers send `Origin`
 */
function corsOptions(origins: readonly string[]): FastifyCorsOptions {
  return {
    // A function, so that each answer has `Vary`: a cache must not give one origin's answer to another, listed or not.
    origin: (origin, decide) => decide(null, origin !== undefined && origins.includes(origin)),
    ...{ exposedHeaders: 'ETag, Retry-After', allowedHeaders: CORS_HEADERS, maxAge: 600 },
    // Our OPTIONS route answers, because it adds `Allow`, and answers a request without an origin too.
    ...{ preflight: false, preflightContinue: true, strictPreflight: false },
  }
}

function addRoute(app: FastifyInstance, route: Route, options: ApiOptions): void {
  const methods = methodsOf(route)
  const Allow = allowOf(methods)
  app.options(route.path, { config: { cors: { preflight: true, methods: Allow } } }, (_request, reply) =>
    send(reply, { status: 204, contentType: '', body: '', headers: { Allow } }),
  )
  const needsToken = route.kind !== 'open'
  app.route<Asked>({
    ...{ url: route.path, method: [...methods], config: { needsToken } },
    onRequest: async (request, reply) => {
      if (needsToken) await admit(request, reply, options)
      // A client without a valid token does not learn what else is wrong.
      const fault = reply.sent ? undefined : queryFault(route, request.query.parameters)
      if (fault !== undefined) send(reply, fault)
    },
    handler: async (request, reply) => {
      const answer = await answerTo(request, route)
      if (typeof answer.body !== 'string')
        answer.body.once('error', error => failed(error, request, options.log))
      send(reply, answer)
    },
  })
}

async function answerTo(request: FastifyRequest<Asked>, route: Route): Promise<Answer> {
  const { query, headers, method, body } = request
  if (route.kind === 'open') return route.answer(query.parameters, headers)
  const { grant, signal } = request.getDecorator<Admitted>('admitted')
  if (route.kind === 'form') return body === undefined ? NOT_A_FORM : route.answer(body, grant)
  return route.answer(query.parameters, grant, { headers, signal, isHead: method === 'HEAD' })
}

/** Notes the valid token of a request, or answers one without. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  { verifier, bearers, strangers }: ApiOptions,
): Promise<void> {
  const over = new AbortController()
  reply.raw.once('close', () => over.abort(OVER))
  const token = bearerToken(request.headers)
  const cutOff = () => {
    if (reply.raw.headersSent) breakOff(reply.raw)
    else send(reply, REVOKED)
  }
  if (token !== undefined) bearers.add({ token, cutOff }, over.signal)
  const asked = await authorize(request.headers, verifier)
  if (asked.kind === 'denied') send(reply, asked.reply)
  else if (asked.kind === 'failed') send(reply, strangers.failed(request.raw, asked.reply))
  else {
    strangers.known(request.raw)
    request.setDecorator<Admitted>('admitted', { grant: asked.grant, signal: over.signal })
  }
}

/**
 * The target as the router gets it. The router would decode escapes, end the path at `#`, and accept a whole URL, but the
 * limits read the path as it was sent. No route has any of these, so paths are compared letter by letter.
 */
function exactTarget(url: string): string {
  const path = pathOf(url)
  if (/^\/[^%#]*$/.test(path)) return url
  return `${path.startsWith('/') ? '' : '/'}${path.replace(/[%#]/g, encodeURIComponent)}${url.slice(path.length)}`
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? ''
}
