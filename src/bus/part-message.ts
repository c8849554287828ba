import * as z from 'zod'
import { routerId } from '../accounting/ids.ts'
import type { Service } from '../accounting/reading.ts'

/*
 * What one daemon tells the others of one tenant, as JSON. Bytes are decimal text, because they may be beyond 2^53.
 *
 *     names   { at: 7 }                          the same as in version 7
 *             { at: 8, from: 7, add, remove }    what changed since version 7
 *             { at: 8, all }                     all of them
 */

/** Of one tenant: more than any router, and a bound for what a forged message can cost. */
const MOST_ROUTERS = 100_000
const MOST_SERVICES = 16
const MOST_TEXT = 1_000

const text = z.string().max(MOST_TEXT)
const count = z.number().int().nonnegative()
const sum = z
  .tuple([z.string().regex(/^\d{1,20}$/), z.string().regex(/^\d{1,20}$/)])
  .transform(([upload, download]) => ({ upload: BigInt(upload), download: BigInt(download) }))

const NAMES = z.object({
  at: count,
  from: count.optional(),
  add: z.array(z.string()).optional(),
  remove: z.array(z.string()).optional(),
  all: z.array(z.string()).optional(),
})

const SERVICE = z.object({
  read_at: z.number(),
  sessions: count,
  uncounted: count,
  bps: z.tuple([z.number().nonnegative(), z.number().nonnegative()]),
  names: NAMES,
})

const ROUTER = z.object({
  id: z.string().transform((id, context) => {
    try {
      return routerId(id)
    } catch {
      context.issues.push({ code: 'custom', message: 'is not an id', input: undefined })
      return z.NEVER
    }
  }),
  name: text,
  state: z.enum(['online', 'offline', 'connecting', 'disabled']),
  error: text.optional(),
  missing: z.array(z.object({ menu: text, reason: text })).max(100),
  overloaded: text.optional(),
  epoch: count,
  day: z.string().regex(/^\d{4}-\d\d-\d\d$/),
  total: sum,
  month: sum,
  today: sum,
  services: z.record(z.string().max(64), SERVICE).refine(it => Object.keys(it).length <= MOST_SERVICES),
})

const PART = z.object({ tick: count, routers: z.array(ROUTER).max(MOST_ROUTERS) })

export type ReceivedRouter = z.infer<typeof ROUTER>
export type ReceivedNames = z.infer<typeof NAMES>

export type ReceivedPart = z.infer<typeof PART>

/** @returns `undefined` if it is not a part of this version */
export function readPart(body: Buffer): ReceivedPart | undefined {
  try {
    return PART.safeParse(JSON.parse(body.toString('utf8'))).data
  } catch {
    return undefined // Not JSON.
  }
}

/** What is sent of a service's names. */
export interface SentNames {
  readonly at: number
  readonly from?: number
  readonly add?: readonly string[]
  readonly remove?: readonly string[]
  readonly all?: readonly string[]
}

export interface SentRouter extends Omit<z.input<typeof ROUTER>, 'services'> {
  readonly services: Readonly<
    Record<Service, Omit<z.input<typeof SERVICE>, 'names'> & { readonly names: SentNames }>
  >
}

/** @param tick the number of the interval that the part is of, the same at all daemons */
export function writePart(tick: number, routers: readonly SentRouter[]): Buffer {
  return Buffer.from(JSON.stringify({ tick, routers }))
}
