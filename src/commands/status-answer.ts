import * as z from 'zod'

/** Beside these it has the number of sessions of each service that the daemon knows, by the service's name. */
const ROUTER = z.looseObject({
  tenant: z.string(),
  router: z.string(),
  name: z.string(),
  state: z.enum(['online', 'offline', 'connecting', 'disabled']),
  is_here: z.boolean(),
  daemon: z.string().nullable(),
  last_reading_at: z.string().nullable(),
  latency_ms: z.number().nullable(),
  uncounted: z.number(),
  missing_menus: z.array(z.object({ menu: z.string(), reason: z.string() })),
  failures: z.number(),
  error: z.string().nullable(),
  overloaded: z.literal(true).optional(),
  overloaded_reason: z.string().optional(),
  near_limits: z
    .array(
      z.object({
        limit: z.enum(['max_sessions', 'new_sessions_per_hour', 'bytes']),
        used: z.number(),
        allowed: z.number(),
      }),
    )
    .optional(),
})

const DAEMON = z.object({
  id: z.string(),
  host: z.string(),
  version: z.string().nullable(),
  share: z.number(),
  routers: z.number(),
  sessions: z.number(),
  started_at: z.string(),
  seen_at: z.string(),
  is_live: z.boolean(),
  is_here: z.boolean(),
})

/** The answer of this release's daemon. Unknown keys of a newer one are ignored. */
const STATUS = z.object({
  version: z.string(),
  as_of: z.string(),
  started_at: z.string(),
  database: z.enum(['up', 'down']),
  journal: z.enum(['writing', 'failing']),
  daemons: z.array(DAEMON),
  routers: z.array(ROUTER),
})

export type Status = z.infer<typeof STATUS>
export type StatusOfDaemon = z.infer<typeof DAEMON>
export type StatusOfRouter = z.infer<typeof ROUTER>

/** @returns `undefined` if the answer is not a status */
export function readStatus(answer: unknown): Status | undefined {
  return STATUS.safeParse(answer).data
}
