import { STATUS_CODES } from 'node:http'
import type { Readable } from 'node:stream'

/** The answer of a route. All answers are sent in the same way. */
export interface Reply {
  readonly status: number
  /** `''` if there is no body. */
  readonly contentType: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** An answer that is sent as its body arrives, so that it is never in memory as a whole. */
export interface StreamReply extends Omit<Reply, 'body'> {
  readonly body: Readable
}

export type Answer = Reply | StreamReply

export function json(status: number, body: object): Reply {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body), headers: {} }
}

/** An answer in the dashboards' envelope. */
export function success(content: object): Reply {
  return json(200, { success: true, data: content })
}

/** An RFC 9457 problem document. `detail` is for the author of the request. */
export function problem(
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const body = { type: 'about:blank', title: STATUS_CODES[status], status, detail }
  return { status, contentType: 'application/problem+json', body: JSON.stringify(body), headers }
}
