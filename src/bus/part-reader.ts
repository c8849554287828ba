import type { RouterId } from '../accounting/ids.ts'
import type { Service } from '../accounting/reading.ts'
import type { PartRouter } from '../live/part.ts'
import type { LiveService } from '../live/service.ts'
import { type ReceivedNames, type ReceivedRouter, readPart } from './part-message.ts'
import type { WholeMessage } from './pieces.ts'

interface KnownSet {
  readonly at: number
  readonly names: ReadonlySet<string>
}

/** What a message led to. */
export type TakenPart =
  | { readonly kind: 'part'; readonly tick: number; readonly routers: readonly PartRouter[] }
  /** An earlier message is missing: the names are not known until a whole part comes. */
  | { readonly kind: 'gap' }
  /** It is not a message of this version, or an old one. */
  | { readonly kind: 'nothing' }

/** Reads the parts of one tenant that one daemon sends. */
export class PartReader {
  #run = -1
  #number = -1
  #known = new Map<RouterId, Map<Service, KnownSet>>()

  take({ run, number, body }: WholeMessage): TakenPart {
    const isLater = run > this.#run || (run === this.#run && number > this.#number)
    const received = isLater ? readPart(body) : undefined
    if (!received) return { kind: 'nothing' }
    if (run > this.#run) this.#known.clear()
    this.#run = run
    this.#number = number
    const known = new Map<RouterId, Map<Service, KnownSet>>()
    const routers: PartRouter[] = []
    for (const router of received.routers) {
      const names = namesOf(router, this.#known.get(router.id))
      if (!names) return { kind: 'gap' }
      known.set(router.id, names)
      routers.push(partRouter(router, names))
    }
    this.#known = known
    return { kind: 'part', tick: received.tick, routers }
  }
}

/** @returns `undefined` if the sets that changed are not known */
function namesOf(
  { services }: ReceivedRouter,
  before: ReadonlyMap<Service, KnownSet> | undefined,
): Map<Service, KnownSet> | undefined {
  const sets = new Map<Service, KnownSet>()
  for (const [service, { names }] of Object.entries(services)) {
    const set = setOf(names, before?.get(service))
    if (!set) return undefined
    sets.set(service, set)
  }
  return sets
}

function setOf(
  { at, from, add, remove, all }: ReceivedNames,
  before: KnownSet | undefined,
): KnownSet | undefined {
  if (before?.at === at) return before
  if (all) return { at, names: new Set(all) }
  if (from === undefined || before?.at !== from) return undefined
  const names = new Set(before.names)
  for (const name of remove ?? []) names.delete(name)
  for (const name of add ?? []) names.add(name)
  return { at, names }
}

function partRouter(received: ReceivedRouter, names: ReadonlyMap<Service, KnownSet>): PartRouter {
  const { id, name, state, error, missing, overloaded, epoch, day, total, month, today } = received
  const services = new Map<Service, LiveService>()
  for (const [service, { read_at, sessions, uncounted, bps }] of Object.entries(received.services))
    services.set(service, {
      ...{ readAt: new Date(read_at), sessions, uncounted, uploadBps: bps[0], downloadBps: bps[1] },
      subscribers: names.get(service)?.names ?? new Set(),
      rates: () => new Map(),
    })
  return {
    ...{ id, name, state, error, missingMenus: missing, overloaded, epoch, day },
    ...{ total, month, today, services },
  }
}
