import { createHmac } from 'node:crypto'

/** Prefix of a secret in Base64. Without it, the secret's own bytes are the key. */
const ENCODED = 'whsec_'

/**
 * The headers of Standard Webhooks 1.0, which identify the sender and the message.
 * @param id the same for each attempt
 * @param at time of the attempt: receivers refuse messages that are older than a few minutes
 */
export function signedHeaders(
  secret: string,
  { id, at, body }: { readonly id: string; readonly at: Date; readonly body: string },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1_000))
  const signature = createHmac('sha256', signingKey(secret))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

function signingKey(secret: string): Buffer {
  return secret.startsWith(ENCODED)
    ? Buffer.from(secret.slice(ENCODED.length), 'base64')
    : Buffer.from(secret, 'utf8')
}
