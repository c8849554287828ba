import { isNear, type LimitName } from '../accounting/limits/limit-use.ts'
import type { Config, RouterConfig } from '../config/config.ts'
import type { Fault, Finding } from '../config/fault.ts'
import { locatedIn } from '../config/located.ts'
import { askDaemon, NoDaemon } from './daemon-answer.ts'
import type { StatusOfRouter } from './status-answer.ts'

type NearLimit = NonNullable<StatusOfRouter['near_limits']>[number]

/** `check` does not wait for a busy daemon. */
const ANSWER_WITHIN_MS = 2_000
const MIB = 1024 ** 2

/**
 * Warns of routers that use more than 80 % of a limit, according to the running daemon; none if no daemon answers.
 * @param file the file from which `config` was loaded
 * @param socket the control socket of the daemon
 */
export async function limitWarnings(
  file: string,
  config: Pick<Config, 'tenants'>,
  socket: string | undefined,
): Promise<readonly Fault[]> {
  try {
    const { routers } = await askDaemon(socket, ANSWER_WITHIN_MS)
    return locatedIn(file, findingsOf(config, routers))
  } catch (error) {
    if (error instanceof NoDaemon) return []
    throw error
  }
}

function findingsOf(
  { tenants }: Pick<Config, 'tenants'>,
  routers: readonly StatusOfRouter[],
): readonly Finding[] {
  const near = new Map(routers.map(it => [`${it.tenant}/${it.router}`, it.near_limits ?? []]))
  return tenants.flatMap((tenant, t) =>
    tenant.routers.flatMap((router, r) => {
      const path = ['tenants', t, 'routers', r]
      const uses = near.get(`${tenant.id}/${router.id}`) ?? []
      return uses.flatMap(use => {
        const message = warningText(use, router)
        return message === undefined ? [] : [{ path, message }]
      })
    }),
  )
}

/** @returns `undefined` if the limit was raised in the file and now leaves room */
function warningText(
  { limit, used, allowed }: NearLimit,
  { maxSessions, newSessionsPerHour }: RouterConfig,
): string | undefined {
  const now: Readonly<Record<LimitName, number>> = {
    ...{ max_sessions: maxSessions, new_sessions_per_hour: newSessionsPerHour },
    bytes: allowed,
  }
  const most = now[limit]
  if (!isNear({ used, allowed: most })) return undefined
  switch (limit) {
    case 'max_sessions':
      return `has ${used} sessions, and max_sessions is ${most}: raise it, or further sessions are not counted`
    case 'new_sessions_per_hour':
      return `had ${used} new sessions in an hour, and new_sessions_per_hour is ${most}: raise it, or further sessions are not counted`
    case 'bytes':
      return `sent ${mib(used)} MiB in one poll, and ${mib(most)} MiB is the most that max_sessions allows: raise max_sessions if the router really has that many, or it will not be read`
    default:
      return limit satisfies never
  }
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1)
}
