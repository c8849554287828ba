import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type Exact, exactJson } from '../../runtime/exact-json.ts'
import type { Reply } from './reply.ts'

/** What an answer from the tables depends on. */
export const VARY = { Vary: 'Origin, Accept, Authorization' }

/** What the tables tell, in the dashboards' envelope. */
export function told(content: Exact): Reply {
  const body = exactJson({ success: true, data: content })
  return tagged({ status: 200, contentType: 'application/json; charset=utf-8', body, headers: VARY })
}

/** An answer that its reader may keep, and ask about: it is told what it was, or that it is the same. */
export function tagged(reply: Reply): Reply {
  const tag = createHash('sha256').update(reply.body).digest('base64url').slice(0, 27)
  return { ...reply, headers: { ...reply.headers, 'Cache-Control': 'private, no-cache', ETag: `"${tag}"` } }
}

/** The reply as it is to be sent: without a body where the reader has it (`If-None-Match`). */
export function sparing(reply: Reply, { 'if-none-match': known }: IncomingHttpHeaders): Reply {
  const tag = reply.headers['ETag']
  if (tag === undefined || known === undefined || reply.status !== 200) return reply
  const tags = known.split(',').map(it => it.trim().replace(/^W\//, ''))
  return tags.includes(tag) || tags.includes('*')
    ? { ...reply, status: 304, contentType: '', body: '' }
    : reply
}
