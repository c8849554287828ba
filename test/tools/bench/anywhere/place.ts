import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NatsServer } from '../../../harness/nats-server.ts'
import { routerIdOf } from '../fleet/config.ts'
import { DatabaseFigures } from '../fleet/database-figures.ts'
import { Stage } from '../fleet/stage.ts'
import { type DaemonTerms, NOTHING_OWN } from '../fleet/staged-daemon.ts'

export const SESSIONS_A_ROUTER = 200
export const TENANTS = 40
export const DAEMONS = 4
export const COMMIT_MS = 30_000
const ROUTERS_OF_SMALL = 2
const READ_WITHIN_MS = 120_000
const SHARED_WITHIN_MS = 600_000
const BUS_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 100

/** Three daemons share the routers, and the fourth one reads none: all that it shows is what the others read. */
const STANDING_BY: DaemonTerms = { more: { daemon: { share: 0 } }, isLast: true }

export interface PlaceOptions {
  /** Sessions of the large tenant. */
  readonly sessions: number
  readonly say: (line: string) => void
}

/** Four daemons on one database and one bus, with a large tenant and many small ones. */
export class Place {
  readonly stage: Stage
  readonly nats: NatsServer
  readonly database: DatabaseFigures
  /** The place of the daemon that reads each router, by `tenant/router`. */
  readonly #readers = new Map<string, number>()

  private constructor(stage: Stage, nats: NatsServer) {
    this.stage = stage
    this.nats = nats
    this.database = new DatabaseFigures(stage.running.databaseUrl)
  }

  /** Starts everything, and waits until all routers are read by the daemons that should. */
  static async create({ sessions, say }: PlaceOptions, signal: AbortSignal): Promise<Place> {
    const ofFirst = Math.ceil(sessions / SESSIONS_A_ROUTER)
    const nats = await NatsServer.start()
    const stage = await Stage.create({
      ...{ seed: 1, routers: ofFirst + ROUTERS_OF_SMALL * (TENANTS - 1), sessions: SESSIONS_A_ROUTER },
      ...{ tenants: TENANTS, ofFirst, nodeFlags: [], say },
      config: { commit: { interval: `${COMMIT_MS}ms` }, bus: { url: nats.url } },
      daemons: [...Array.from({ length: DAEMONS - 1 }, () => NOTHING_OWN), STANDING_BY],
    })
    try {
      say(`starting ${stage.size.routers} routers, PostgreSQL, nats-server and ${DAEMONS} daemons`)
      await stage.start()
      const place = new Place(stage, nats)
      await place.#prepare(say, signal)
      return place
    } catch (error) {
      say(`logs and configs: ${stage.folder}`)
      await stage.stop()
      await nats.kill()
      throw error
    }
  }

  /** The place of the daemon that reads a router. */
  readonly readerOf = (tenant: string, router: string): number | undefined =>
    this.#readers.get(`${tenant}/${router}`)

  get ports(): readonly number[] {
    return this.stage.running.daemons.map(({ port }) => port)
  }

  /** How many daemons read a tenant. */
  readersOf(tenant: string): number {
    const readers = new Set<number | undefined>()
    for (let router = 0; router < this.stage.size.routers; router++)
      if (this.stage.tenantOf(router) === tenant) readers.add(this.readerOf(tenant, routerIdOf(router)))
    return readers.size
  }

  /** Waits until all daemons say so of the bus. @returns the time, in milliseconds; `undefined` if it was not in time */
  async untilBusIs(bus: 'up' | 'down'): Promise<number | undefined> {
    const beganMs = performance.now()
    while (performance.now() - beganMs < BUS_WITHIN_MS) {
      const all = await Promise.all(this.ports.map(busAt))
      if (all.every(it => it === bus)) return performance.now() - beganMs
      await sleep(LOOK_EVERY_MS)
    }
    return undefined
  }

  async stop(): Promise<void> {
    await this.database.stop()
    await this.stage.stop()
    await this.nats.kill()
  }

  async #prepare(say: (line: string) => void, signal: AbortSignal): Promise<void> {
    await this.database.start()
    if (!(await this.stage.untilRead(0, READ_WITHIN_MS, signal))) throw new Error('not every router was read')
    say('waiting until each router is read by the daemon that should')
    const isShared = await this.database.untilSettled(DAEMONS - 1, SHARED_WITHIN_MS, signal)
    const parts = [...(await this.database.routersByDaemon()).values()]
    if (!isShared) throw new Error(`routers still move, or too few daemons have any: ${parts.join(', ')}`)
    say(`the daemons that read have ${parts.join(', ')} routers`)
    const ids = await Promise.all(
      this.stage.journalFolders.map(folder => readFile(join(folder, 'daemon-id'), 'utf8')),
    )
    const places = new Map(ids.map((id, index) => [id.trim(), index]))
    for (const [router, owner] of await this.database.readers()) {
      const place = places.get(owner)
      if (place !== undefined) this.#readers.set(router, place)
    }
    if ((await this.untilBusIs('up')) === undefined) throw new Error('the bus is not up at all daemons')
  }
}

async function busAt(port: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`)
  const { bus } = (await response.json()) as { readonly bus?: unknown }
  return bus
}
