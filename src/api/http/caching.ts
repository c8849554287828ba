import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type Exact, exactJson } from '../../runtime/exact-json.ts'
import type { Answer, Reply } from './reply.ts'

/** What an answer from the tables depends on. */
export const VARY = { Vary: 'Origin, Accept, Authorization' }

/** An answer from the tables, in the dashboards' envelope. */
export function tableReply(content: Exact): Reply {
  const body = exactJson({ success: true, data: content })
  return tagged({ status: 200, contentType: 'application/json; charset=utf-8', body, headers: VARY })
}

/** The reply with an ETag of its body. Its reader may keep it, but must ask each time whether it changed. */
export function tagged(reply: Reply): Reply {
  const tag = createHash('sha256').update(reply.body).digest('base64url').slice(0, 27)
  return { ...reply, headers: { ...reply.headers, 'Cache-Control': 'private, no-cache', ETag: `"${tag}"` } }
}

/** The answer to send: 304 without a body if the client has it already (`If-None-Match`). */
export function unlessKnown(answer: Answer, { 'if-none-match': known }: IncomingHttpHeaders): Answer {
  const tag = answer.headers['ETag']
  if (tag === undefined || known === undefined || answer.status !== 200) return answer
  const tags = known.split(',').map(it => it.trim().replace(/^W\//, ''))
  return tags.includes(tag) || tags.includes('*')
    ? { ...answer, status: 304, contentType: '', body: '' }
    : answer
}
