import type { ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isFailure } from '../../runtime/failure.ts'
import { errorFields, type Logger } from '../../runtime/logger.ts'
import { unlessKnown } from './caching.ts'
import { type Answer, problem, type Reply } from './reply.ts'

/** A client that takes nothing of a stream for this long is cut off. */
const STALLED_MS = 60_000

/** Sends an answer, or 304 if the client has it already. Does nothing if something was sent before. */
export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  const { raw } = reply
  if (raw.headersSent) return reply
  const { status, contentType, headers, body } = unlessKnown(answer, reply.request.headers)
  // With a serializer, Fastify leaves the content type as it is.
  reply.code(status).headers(headers).serializer(String)
  if (contentType !== '') reply.type(contentType)
  if (typeof body === 'string') return reply.send(body === '' ? undefined : body)
  raw.setTimeout(STALLED_MS, () => raw.destroy())
  body.once('error', () => breakOff(raw))
  reply.send(body)
  // From here on only `breakOff` can end it early.
  raw.flushHeaders()
  return reply
}

/**
 * Ends an incomplete answer by a reset: HTTP/1.0 has no chunks, so its readers take an orderly end for the end of the
 * answer. TLS distinguishes the two itself.
 */
export function breakOff(response: ServerResponse): void {
  const { socket } = response
  if (socket === null || socket instanceof TLSSocket) response.destroy()
  else socket.resetAndDestroy()
}

/** Logs an error. @returns the answer to the client, which says nothing of the cause */
export function failed(error: unknown, { routeOptions }: FastifyRequest, log: Logger): Reply {
  const fields = { err: errorFields(error), path: routeOptions.url }
  if (isFailure(error)) {
    log.warn(fields, 'request could not be answered')
    return problem(503, 'the answer is not available now: try again', { 'Retry-After': '5' })
  }
  log.error(fields, 'request failed')
  return problem(500, 'an unexpected error, which is in the log of the daemon')
}
