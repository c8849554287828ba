import { createHmac, timingSafeEqual } from 'node:crypto'

const CHANNEL = /^private-tenant\.(.+)\.dashboard-stats$/
/** As Pusher's server libraries have it: nothing in it can be taken for a part of the channel that is signed with it. */
const SOCKET_ID = /^\d{1,20}\.\d{1,20}$/

/** A tenant's channel, the only one it has. */
export function channelOf(tenant: string): string {
  return `private-tenant.${tenant}.dashboard-stats`
}

/** Behind a signature of our own: when the token it was given for expires, in milliseconds. */
const EXPIRY = /\.(\d{1,16})$/

/** What lets a connection into a channel. */
export interface Signature {
  /** `undefined`: signed by the customer's backend, and good as long as the connection. */
  readonly expiresAt: Date | undefined
}

/** What Pusher calls an app: a key that everybody may know, and the secret that lets into its private channels. */
export class PusherApp {
  readonly key: string
  readonly #secret: string
  /** Of our own signatures. Nobody else signs by it, since what a backend signs has a colon in it. */
  readonly #ownSecret: Buffer

  constructor({ key, secret }: { readonly key: string; readonly secret: string }) {
    this.key = key
    this.#secret = secret
    this.#ownSecret = createHmac('sha256', secret).update('tikmeter').digest()
  }

  /** The tenant that a channel names, there or not; `undefined` for a channel of no tenant. */
  tenantIn(channel: string): string | undefined {
    return CHANNEL.exec(channel)?.[1]
  }

  isSocketId(text: string): boolean {
    return SOCKET_ID.test(text)
  }

  /** As backends let a connection into a channel: `key:HMAC-SHA256(secret, socket_id:channel)`, in hex. */
  sign(socketId: string, channel: string): string {
    return `${this.key}:${hmac(this.#secret, `${socketId}:${channel}`)}`
  }

  /** As we do, for as long as a token: clients give back whatever they were given. */
  signUntil(socketId: string, channel: string, expiresAt: Date): string {
    const expiry = expiresAt.getTime()
    return `${this.key}:${hmac(this.#ownSecret, `${socketId}:${channel}:${expiry}`)}.${expiry}`
  }

  /** What was signed, if anything was. Takes as long for a wrong signature as for one that is nearly right. */
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
