import type { Decision } from '../../../../src/accounting/entry.ts'
import { tenantId } from '../../../../src/accounting/ids.ts'
import { Journal } from '../../../../src/journal/journal.ts'
import { type Clock, systemClock } from '../../../../src/runtime/clock.ts'
import { createLogger } from '../../../../src/runtime/logger.ts'
import { SESSIONS_A_ROUTER, SteadyRouter, WAVES } from '../commit/steady-router.ts'
import { cpuMs } from '../measure.ts'
import { RecordingDisk } from './recording-disk.ts'

const EPOCH = 1
const INTERVAL_MS = 5_000
/** Readings between two commits of a router. */
const READINGS_A_COMMIT = 6

/** The time it took to make `readings` session readings durable. */
export interface FlushCost {
  readonly readings: number
  readonly ms: number
  readonly cpuMs: number
}

/** Flushes as soon as there is something to write, because the time of writing is measured, not the wait before it. */
const HASTY: Clock = { ...systemClock, sleep: async () => {} }

/** Routers whose readings the real journal makes durable, with the recorder's calls. */
export class JournaledFleet {
  readonly disk = new RecordingDisk()
  readonly #routers: readonly SteadyRouter[]
  readonly #positions = new Map<SteadyRouter, number>()
  readonly #journal: Journal
  readonly #abort = new AbortController()
  #running: Promise<void> | undefined
  #atMs = Date.UTC(2026, 10, 24, 9)
  #flushes = 0

  constructor(directory: string, routers: number) {
    const tenant = tenantId('bench')
    this.#routers = Array.from({ length: routers }, (_, number) => new SteadyRouter(tenant, number))
    this.#journal = new Journal({
      ...{ directory, disk: this.disk.disk, clock: HASTY, log: createLogger('warn') },
      // Large enough that it never has to start over for lack of space.
      maxBytes: 4 * 1024 ** 3,
      pending: () => [],
    })
  }

  async start(): Promise<void> {
    await this.#journal.start()
    await this.#journal.load()
    this.#running = this.#journal.run(this.#abort.signal)
    for (let wave = 0; wave < WAVES; wave++) await this.#flush((router, atMs) => router.logins(wave, atMs))
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#running
    await this.#journal.stop()
  }

  /** Makes `flushes` readings of all routers durable, with one flush each. */
  async grow(flushes: number): Promise<FlushCost> {
    this.disk.take()
    const cost = { ms: 0, cpuMs: 0 }
    for (let flush = 0; flush < flushes; flush++) {
      const it = await this.#flush((router, atMs) => router.growth(atMs))
      cost.ms += it.ms
      cost.cpuMs += it.cpuMs
    }
    return { ...cost, readings: flushes * this.#routers.length * SESSIONS_A_ROUTER }
  }

  /** @returns the time from the first decision until all are durable */
  async #flush(decide: (router: SteadyRouter, atMs: number) => readonly Decision[]) {
    this.#atMs += INTERVAL_MS
    const decided = this.#routers.flatMap(router =>
      decide(router, this.#atMs).map(decision => ({ router, decision })),
    )
    const [cpuBefore, startedMs] = [cpuMs(), performance.now()]
    const durable = await Promise.all(decided.map(it => this.#append(it.router, it.decision)))
    const cost = { ms: performance.now() - startedMs, cpuMs: cpuMs() - cpuBefore }
    if (durable.includes(false)) throw new Error('a reading was not made durable')
    for (const { router, decision } of decided) router.adopt(decision)
    if (++this.#flushes % READINGS_A_COMMIT === 0)
      for (const [router, position] of this.#positions) this.#journal.committed(router.key, EPOCH, position)
    return cost
  }

  #append(router: SteadyRouter, decision: Decision): Promise<boolean> {
    const position = (this.#positions.get(router) ?? 0) + 1
    this.#positions.set(router, position)
    return this.#journal.append({ kind: 'decision', router: router.key, epoch: EPOCH, position, decision })
  }
}
