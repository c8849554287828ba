import { STATUS_CODES } from 'node:http'

/** What a route answers; how it is sent is the same for all. */
export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** What is sent as it comes, so that nobody holds it whole. */
export interface StreamReply {
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  /** Called where there is to be a body; whatever it holds is let go of when `signal` aborts. */
  readonly open: (signal: AbortSignal) => Promise<AsyncIterable<string> | Reply>
}

export function json(status: number, body: object): Reply {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body), headers: {} }
}

/** The dashboards' own envelope. */
export function success(content: object): Reply {
  return json(200, { success: true, data: content })
}

/** An RFC 9457 problem document. `detail` is for the one who wrote the request. */
export function problem(
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const body = { type: 'about:blank', title: STATUS_CODES[status], status, detail }
  return { status, contentType: 'application/problem+json', body: JSON.stringify(body), headers }
}
