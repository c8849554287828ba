import { createHmac, timingSafeEqual } from 'node:crypto'

const CHANNEL = /^private-tenant\.(.+)\.dashboard-stats$/
/** The form in Pusher's server libraries: no part of it can be mistaken for a part of the signed channel. */
const SOCKET_ID = /^\d{1,20}\.\d{1,20}$/

/** The channel of a tenant. Each has only this one. */
export function channelOf(tenant: string): string {
  return `private-tenant.${tenant}.dashboard-stats`
}

/** The end of our own signatures: the expiry of the token that they were given for, in milliseconds. */
const EXPIRY = /\.(\d{1,16})$/

/** A valid signature for a channel. */
export interface Signature {
  /** `undefined`: signed by the customer's backend, and valid as long as the connection. */
  readonly expiresAt: Date | undefined
}

/** A Pusher app: a public key, and the secret that signs access to private channels. */
export class PusherApp {
  readonly key: string
  readonly #secret: string
  /** For our own signatures. A backend cannot produce them, because what it signs contains a colon. */
  readonly #ownSecret: Buffer

  constructor({ key, secret }: { readonly key: string; readonly secret: string }) {
    this.key = key
    this.#secret = secret
    this.#ownSecret = createHmac('sha256', secret).update('tikmeter').digest()
  }

  /** The tenant in the name of a channel, whether it exists or not; `undefined` for other channels. */
  tenantIn(channel: string): string | undefined {
    return CHANNEL.exec(channel)?.[1]
  }

  isSocketId(text: string): boolean {
    return SOCKET_ID.test(text)
  }

  /** Signs as backends do: `key:HMAC-SHA256(secret, socket_id:channel)`, in hex. */
  sign(socketId: string, channel: string): string {
    return `${this.key}:${hmac(this.#secret, `${socketId}:${channel}`)}`
  }

  /** Signs for as long as a token is valid. Clients return the signature unchanged. */
  signUntil(socketId: string, channel: string, expiresAt: Date): string {
    const expiry = expiresAt.getTime()
    return `${this.key}:${hmac(this.#ownSecret, `${socketId}:${channel}:${expiry}`)}.${expiry}`
  }

  /** Verifies a signature. The comparison takes the same time however much of it is right. */
  signatureOf(socketId: string, channel: string, auth: string): Signature | undefined {
    const expiry = EXPIRY.exec(auth)?.[1]
    const expiresAt = expiry === undefined ? undefined : new Date(Number(expiry))
    const expected =
      expiresAt === undefined ? this.sign(socketId, channel) : this.signUntil(socketId, channel, expiresAt)
    return isEqual(expected, auth) ? { expiresAt } : undefined
  }
}

function hmac(secret: string | Buffer, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex')
}

function isEqual(expected: string, shown: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(shown)]
  return a.length === b.length && timingSafeEqual(a, b)
}
