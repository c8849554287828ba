import { createHmac } from 'node:crypto'

/** What a message is signed with: the bytes of its secret, or those that the secret is the Base64 of, behind this. */
const ENCODED = 'whsec_'

/**
 * The headers by which a receiver knows whom a message is from, and which: those of Standard Webhooks 1.0.
 * @param id the same at each attempt
 * @param at of the attempt: a receiver takes no message that is older than a few minutes
 */
export function signedHeaders(
  secret: string,
  { id, at, body }: { readonly id: string; readonly at: Date; readonly body: string },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1_000))
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(ENCODED)
    ? Buffer.from(secret.slice(ENCODED.length), 'base64')
    : Buffer.from(secret, 'utf8')
}
