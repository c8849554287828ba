import { createHmac, timingSafeEqual } from 'node:crypto'

const CHANNEL = /^private-tenant\.(.+)\.dashboard-stats$/
/** As Pusher's server libraries have it: nothing in it can be taken for a part of the channel that is signed with it. */
const SOCKET_ID = /^\d{1,20}\.\d{1,20}$/

/** A tenant's channel, the only one it has. */
export function channelOf(tenant: string): string {
  return `private-tenant.${tenant}.dashboard-stats`
}

/** What Pusher calls an app: a key that everybody may know, and the secret that lets into its private channels. */
export class PusherApp {
  readonly key: string
  readonly #secret: string

  constructor({ key, secret }: { readonly key: string; readonly secret: string }) {
    this.key = key
    this.#secret = secret
  }

  /** The tenant that a channel names, there or not; `undefined` for a channel of no tenant. */
  tenantIn(channel: string): string | undefined {
    return CHANNEL.exec(channel)?.[1]
  }

  isSocketId(text: string): boolean {
    return SOCKET_ID.test(text)
  }

  /** Lets one connection into one channel: `key:HMAC-SHA256(secret, socket_id:channel)`, in hex. */
  sign(socketId: string, channel: string): string {
    const signature = createHmac('sha256', this.#secret).update(`${socketId}:${channel}`).digest('hex')
    return `${this.key}:${signature}`
  }

  /** Takes as long for a wrong signature as for one that is nearly right. */
  isSigned(socketId: string, channel: string, auth: string): boolean {
    const expected = Buffer.from(this.sign(socketId, channel))
    const shown = Buffer.from(auth)
    return shown.length === expected.length && timingSafeEqual(shown, expected)
  }
}
