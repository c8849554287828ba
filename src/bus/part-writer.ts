import type { ByteSum } from '../accounting/bytes.ts'
import type { RouterId } from '../accounting/ids.ts'
import type { Service } from '../accounting/reading.ts'
import type { PartRouter } from '../live/part.ts'
import { type SentNames, type SentRouter, writePart } from './part-message.ts'

/** The names of a service that were sent last. */
interface SentSet {
  readonly at: number
  readonly names: ReadonlySet<string>
}

/** Writes the parts of one tenant, one after the other. Names are sent whole only on request, and else what changed. */
export class PartWriter {
  #sent = new Map<RouterId, Map<Service, SentSet>>()
  /** Of the newest set of names; none is used twice. */
  #version = 0

  /** @param isWhole whether to send all names */
  write(tick: number, routers: readonly PartRouter[], isWhole: boolean): Buffer {
    const before = this.#sent
    this.#sent = new Map()
    return writePart(
      tick,
      routers.map(router => this.#routerOf(router, before.get(router.id), isWhole)),
    )
  }

  #routerOf(
    router: PartRouter,
    before: ReadonlyMap<Service, SentSet> | undefined,
    isWhole: boolean,
  ): SentRouter {
    const sent = new Map<Service, SentSet>()
    this.#sent.set(router.id, sent)
    const services: Record<Service, SentRouter['services'][string]> = {}
    for (const [service, live] of router.services) {
      const { names, set } = this.#namesOf(live.subscribers, before?.get(service), isWhole)
      sent.set(service, set)
      services[service] = {
        ...{ read_at: live.readAt.getTime(), sessions: live.sessions, uncounted: live.uncounted },
        ...{ bps: [live.uploadBps, live.downloadBps], names },
      }
    }
    return {
      ...{ id: router.id, name: router.name, state: router.state, error: router.error },
      ...{ missing: [...router.missingMenus], overloaded: router.overloaded },
      ...{ epoch: router.epoch, day: router.day },
      ...{ total: sumOf(router.total), month: sumOf(router.month), today: sumOf(router.today), services },
    }
  }

  #namesOf(
    names: ReadonlySet<string>,
    before: SentSet | undefined,
    isWhole: boolean,
  ): { readonly names: SentNames; readonly set: SentSet } {
    if (before?.names === names && !isWhole) return { names: { at: before.at }, set: before }
    const set = before?.names === names ? before : { at: ++this.#version, names }
    if (isWhole || !before) return { names: { at: set.at, all: [...names] }, set }
    const add = [...names].filter(name => !before.names.has(name))
    const remove = [...before.names].filter(name => !names.has(name))
    return { names: { at: set.at, from: before.at, add, remove }, set }
  }
}

function sumOf({ upload, download }: ByteSum): [string, string] {
  return [upload.toString(), download.toString()]
}
