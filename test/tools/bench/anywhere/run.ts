import { setTimeout as sleep } from 'node:timers/promises'
import { type Comparison, compare } from '../../../system/daemon/compare.ts'
import { type Look, lookAt } from '../fleet/look.ts'
import { carriedBy } from '../fleet/truth.ts'
import { cpuMsOf } from '../measure.ts'
import { Ages } from './ages.ts'
import { Agreement, type Compared } from './agreement.ts'
import { Honesty, oldestReadingMs } from './honesty.ts'
import type { Place } from './place.ts'
import { Screens, type Shown } from './screens.ts'
import { listSessions } from './session-lists.ts'
import { bytesByTenant, falsehoodIn, type TenantTruth, truthByTenant } from './tenant-truth.ts'

export const INTERVAL_MS = 5_000
const CHURN_A_MINUTE = 0.01
const WARM_UP_MS = 30_000
const LIVE_MS = 60_000
/** Longer than the numbers of a daemon may be late. */
const LATE_MS = INTERVAL_MS
/** Longer than it takes until numbers from before the outage are in all tables and shown from there. */
const OUTAGE_MS = 90_000
const SAMPLE_EVERY_MS = 2_000
const READ_WITHIN_MS = 60_000
const EQUAL_WITHIN_MS = 60_000
/** Snapshots that must be right once all are. */
const QUIET_MS = 2 * INTERVAL_MS

/** The results of a run. Times are in milliseconds; `undefined`: it did not happen in time. */
export interface Measured {
  readonly begin: Look
  readonly end: Look
  readonly natsMs: number
  readonly ages: Ages['figures']
  readonly live: Compared
  readonly truth: ReadonlyMap<string, TenantTruth>
  readonly downMs: number | undefined
  /** The greatest age of the oldest reading in a snapshot while the bus was away. */
  readonly oldestMs: number
  readonly upMs: number | undefined
  /** From the end of all traffic until all daemons showed the truth of all tenants. */
  readonly equalMs: number | undefined
  /** Snapshots after that, and what is false in them or was before the time was over. */
  readonly quiet: number
  readonly falsehoods: readonly string[]
  readonly honest: { readonly checked: number; readonly lies: readonly string[] }
  /** Time until each list of sessions was complete, of the first tenant and of the others, and what was wrong. */
  readonly lists: { readonly firstMs: number[]; readonly othersMs: number[]; readonly faults: string[] }
  readonly comparison: Comparison
  readonly exitCodes: readonly (number | null)[]
}

/** Live traffic, an outage of the bus in it, and then quiet: the numbers of all tenants at all daemons. */
export class AnywhereRun {
  readonly #place: Place
  readonly #say: (line: string) => void
  readonly #signal: AbortSignal
  readonly #screens = new Screens(shown => this.#take(shown))
  readonly #ages: Ages
  #honesty: Honesty | undefined
  /** Gets each snapshot of the current phase. */
  #phase: (shown: Shown) => void = () => {}

  constructor(place: Place, say: (line: string) => void, signal: AbortSignal) {
    this.#place = place
    this.#say = say
    this.#signal = signal
    this.#ages = new Ages(place.readerOf)
  }

  async run(): Promise<Measured> {
    const { stage } = this.#place
    await stage.running.fleet.churn(CHURN_A_MINUTE)
    const honesty = new Honesty(await truthByTenant(stage, this.#place.readerOf))
    this.#honesty = honesty
    const ending = new AbortController()
    await this.#screens.start(this.#place.ports, stage.tenants)
    const sampling = this.#sample(honesty, ending.signal)
    // If it fails, the run fails where it is awaited.
    sampling.catch(() => {})
    try {
      const live = await this.#live()
      const outage = await this.#outage()
      const quiet = await this.#quiet()
      ending.abort()
      await sampling
      const lists = await this.#lists(quiet.truth)
      return { ...live, ...outage, ...quiet, honest: honesty, lists, ...(await this.#end()) }
    } finally {
      ending.abort()
      this.#screens.stop()
    }
  }

  #take(shown: Shown): void {
    this.#ages.take(shown)
    this.#honesty?.take(shown)
    this.#phase(shown)
  }

  async #sample(honesty: Honesty, ending: AbortSignal): Promise<void> {
    while (!ending.aborted) {
      const fromMs = Date.now()
      const bytes = await bytesByTenant(this.#place.stage)
      honesty.sample({ fromMs, toMs: Date.now(), bytes })
      await sleep(SAMPLE_EVERY_MS, undefined, { signal: ending }).catch(() => {}) // The loop checks its signal.
    }
  }

  async #live() {
    const { stage, nats, database } = this.#place
    await this.#pause(WARM_UP_MS)
    this.#say(`measuring live traffic for ${LIVE_MS / 1_000} s`)
    const agreement = new Agreement(INTERVAL_MS, this.#place.ports.length)
    const begin = await lookAt(stage, database)
    const natsMs = cpuMsOf(nats.pid)
    this.#phase = shown => agreement.take(shown)
    this.#ages.begin()
    await this.#pause(LIVE_MS)
    this.#ages.end()
    this.#phase = () => {}
    const live = agreement.compared(Date.now() - LATE_MS)
    const end = await lookAt(stage, database)
    const { figures: ages } = this.#ages
    return { begin, end, natsMs: cpuMsOf(nats.pid) - natsMs, ages, live }
  }

  async #outage() {
    this.#say(`nats-server is away for ${OUTAGE_MS / 1_000} s`)
    let oldestMs = 0
    this.#phase = shown => {
      oldestMs = Math.max(oldestMs, shown.arrivedMs - oldestReadingMs(shown))
    }
    await this.#place.nats.kill()
    const downMs = await this.#place.untilBusIs('down')
    await this.#pause(OUTAGE_MS)
    this.#phase = () => {}
    await this.#place.nats.start()
    const upMs = await this.#place.untilBusIs('up')
    return { downMs, upMs, oldestMs }
  }

  /** Ends all traffic, and compares every number with the truth. */
  async #quiet() {
    const { stage, readerOf } = this.#place
    this.#say('the bus is back; no more traffic')
    const frozenMs = await stage.running.fleet.freeze()
    const beganMs = performance.now()
    const isRead = await stage.untilRead(frozenMs, READ_WITHIN_MS, this.#signal)
    const truth = await truthByTenant(stage, readerOf)
    let falsehoods = this.#falsehoods(truth)
    while (falsehoods.length > 0 && performance.now() - beganMs < EQUAL_WITHIN_MS) {
      await this.#pause(100)
      falsehoods = this.#falsehoods(truth)
    }
    const equalMs = falsehoods.length === 0 && isRead ? performance.now() - beganMs : undefined
    let quiet = 0
    this.#phase = shown => {
      const of = truth.get(shown.tenant)
      const falsehood = of && falsehoodIn(shown, of)
      quiet++
      if (falsehood !== undefined) falsehoods.push(falsehood)
    }
    await this.#pause(QUIET_MS)
    this.#phase = () => {}
    return { truth, equalMs, quiet, falsehoods }
  }

  /** What is false in the newest snapshots. */
  #falsehoods(truth: ReadonlyMap<string, TenantTruth>): string[] {
    return [...truth].flatMap(([tenant, of]) =>
      this.#place.ports.flatMap((_, daemon) => {
        const shown = this.#screens.newest(tenant, daemon)
        if (!shown) return [`daemon ${daemon + 1} shows nothing of ${tenant}`]
        return falsehoodIn(shown, of) ?? []
      }),
    )
  }

  /** Asks each daemon for the sessions of each tenant. */
  async #lists(truth: ReadonlyMap<string, TenantTruth>): Promise<Measured['lists']> {
    const lists: Measured['lists'] = { firstMs: [], othersMs: [], faults: [] }
    const [first] = this.#place.stage.tenants
    for (const [daemon, port] of this.#place.ports.entries()) {
      this.#say(`listing the sessions at daemon ${daemon + 1}`)
      await Promise.all(
        Array.from(truth, async ([tenant, of]) => {
          const { tookMs, fault } = await listSessions(port, tenant, of)
          if (fault !== undefined) lists.faults.push(`daemon ${daemon + 1} lists of ${tenant} ${fault}`)
          else (tenant === first ? lists.firstMs : lists.othersMs).push(tookMs)
        }),
      )
    }
    return lists
  }

  /** Stops the daemons, and compares what they recorded. */
  async #end() {
    const { stage } = this.#place
    this.#say('stopping, and comparing')
    this.#screens.stop()
    const { daemons, databaseUrl } = stage.running
    const exitCodes = await Promise.all(daemons.map(it => it.end('SIGTERM')))
    return { exitCodes, comparison: await compare(databaseUrl, await carriedBy(stage)) }
  }

  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#signal })
  }
}
