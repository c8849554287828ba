import type { TenantId } from '../../accounting/ids.ts'
import type { Grant } from '../../auth/bearer.ts'
import type { Form } from '../http/form.ts'
import { json, problem, type Reply } from '../http/reply.ts'
import type { Route } from '../http/routes.ts'

/** A port: signs what lets a Pusher client into a tenant's channel. */
export interface ChannelSigner {
  isSocketId(text: string): boolean
  /** The tenant in a channel's name, whether it exists or not; `undefined` if the name is not of a tenant's channel. */
  tenantIn(channel: string): string | undefined
  /** The signature that lets one connection into one channel, until its token expires. */
  signUntil(socketId: string, channel: string, expiresAt: Date): string
}

/** Answers Pusher clients that want to subscribe to a private channel, at Laravel's path, which is their default. */
export function broadcastingRoute(signer: ChannelSigner, source: { tenants(): readonly TenantId[] }): Route {
  return {
    kind: 'form',
    path: '/broadcasting/auth',
    parameters: [],
    answer: (form, grant) => authorizeChannel(form, grant, signer, source.tenants()),
  }
}

function authorizeChannel(
  form: Form,
  grant: Grant,
  signer: ChannelSigner,
  tenants: readonly TenantId[],
): Reply {
  const socketId = form.get('socket_id') ?? ''
  const channel = form.get('channel_name')
  if (!signer.isSocketId(socketId)) return problem(400, "socket_id must be the connection's, such as 123.456")
  if (channel === undefined) return problem(400, 'channel_name is missing')
  const named = signer.tenantIn(channel)
  const tenant = tenants.find(id => id === named)
  const isTheirs = tenant !== undefined && (grant.kind === 'admin' || grant.tenant === tenant)
  // Someone else's tenant is 403 like one that does not exist, so that nobody learns which exist.
  return isTheirs
    ? json(200, { auth: signer.signUntil(socketId, channel, grant.expiresAt) })
    : problem(403, 'not a channel of your tenant')
}
