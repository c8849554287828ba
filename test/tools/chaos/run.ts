import { setTimeout as sleep } from 'node:timers/promises'
import { BOUND } from '../../../src/roster/assignment.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { DaemonFaults } from './daemon-faults.ts'
import type { UnsafeGap } from './fleet-messages.ts'
import type { FaultKind, LinkFaultKind } from './kinds.ts'
import { Lock } from './lock.ts'
import type { Plan, Planned, PlannedRouterFault } from './plan.ts'
import { Reloads } from './reloads.ts'
import { type Stage, waitFor } from './stage.ts'
import { Tally } from './tally.ts'

const CHURN_PER_SECOND = 6
const QUIET_WITHIN_MS = 90_000
/** From the last fault on: routers move one by one. */
const BALANCED_WITHIN_MS = 60_000
const COMMITTED_WITHIN_MS = 120_000
/** By then everything that the last readings left open is decided, and wrong server menus were asked again. */
const QUIET_READINGS = 15
/** A flush that meets the full disk is over by then, however busy the cores are. */
const NOTICED_MS = 2_000
/** The journal rests after a failed flush, at most ten seconds; then a checkpoint has everything that was not written. */
const WRITTEN_AGAIN_WITHIN_MS = 30_000

/** Carries out a plan on a stage. */
export class Run {
  readonly tally = new Tally()
  readonly #stage: Stage
  readonly #plan: Plan
  readonly #diskLock = new Lock()
  readonly #daemonFaults: DaemonFaults
  readonly #reloads: Reloads

  constructor(stage: Stage, plan: Plan) {
    this.#stage = stage
    this.#plan = plan
    this.#reloads = new Reloads(stage)
    this.#daemonFaults = new DaemonFaults({ stage, tally: this.tally, diskLock: this.#diskLock })
  }

  /** Gaps in which readings may have been lost. */
  get gaps(): readonly UnsafeGap[] {
    return [...this.#daemonFaults.gaps, ...this.#stage.takeoverGaps()]
  }

  /** Runs until the whole plan has happened, or the signal aborts. */
  async wreak(signal: AbortSignal): Promise<void> {
    const { fleet, postgres } = this.#stage
    const { routers, daemons, disks, reloads } = this.#plan
    await fleet.churn(CHURN_PER_SECOND)
    const beganMs = performance.now()
    const track = <Kind extends FaultKind, Fault extends Planned<Kind>>(
      faults: readonly Fault[],
      inject: (fault: Fault) => Promise<void>,
    ) => this.#track(faults, inject, beganMs, signal)
    await Promise.all([
      ...byRouter(routers).map(faults => track(faults, it => fleet.inject(it))),
      track(daemons, it => this.#daemonFaults.inject(it)),
      track(this.#plan.postgres, ({ kind, forMs, variant }) =>
        kind === 'postgres hang' ? postgres.hangFor(forMs, variant) : postgres.killFor(forMs, variant),
      ),
      track(this.#plan.links, it => this.#cutLink(it)),
      track(this.#plan.bus, ({ kind, forMs }) => this.#stage.disturbBus(kind, forMs)),
      ...(this.#stage.hasSmallDisks ? [track(disks, it => this.#fillDisk(it))] : [this.#skip(disks)]),
      track(reloads, it => this.#reloads.inject(it)),
    ])
  }

  /** Ends all faults, logins and logouts; everything is read a few more times, and the daemons stop. */
  async calmDown(): Promise<void> {
    const { fleet, daemons } = this.#stage
    await fleet.freeze()
    await fleet.stopLying()
    await this.#reloads.restore()
    for (const daemon of daemons) if (!daemon.isRunning) await daemon.start()
    for (let reading = 0; reading < QUIET_READINGS; reading++) {
      const since = { afterMs: systemClock.steadyMs() }
      const { healthy, troubled } = await this.#stage.untilRead(since, QUIET_WITHIN_MS)
      const unread = [...healthy, ...troubled]
      if (unread.length > 0) this.tally.failures.push(`not read at the end: ${unread.join(' ')}`)
    }
    this.tally.largestLoad = await this.#stage.untilBalanced(BALANCED_WITHIN_MS)
    if (this.tally.largestLoad > BOUND)
      this.tally.failures.push(`a daemon has ${this.tally.largestLoad.toFixed(2)} of its share`)
    this.tally.failures.push(...this.#stage.faultsOfOwnership)
    // Transactions that a killed node of a cluster left prepared hold rows until it ends them, once a minute.
    if (!(await this.#stage.untilCommitted(systemClock.steadyMs(), COMMITTED_WITHIN_MS)))
      this.tally.failures.push('not everything is committed at the end')
    for (const daemon of daemons) {
      const code = await daemon.stop()
      if (code !== 0) this.tally.failures.push(`daemon ${daemon.name} stopped with ${code}`)
      this.tally.failures.push(...daemon.failures)
    }
  }

  async #track<Fault extends Planned<FaultKind>>(
    faults: readonly Fault[],
    inject: (fault: Fault) => Promise<void>,
    beganMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    for (const { kind } of faults) this.tally.plan(kind)
    for (const fault of faults) {
      await pause(beganMs + fault.atMs - performance.now(), signal)
      if (signal.aborted) return
      const fromMs = systemClock.steadyMs()
      try {
        this.#stage.note(`begins ${JSON.stringify(fault)}`)
        await inject(fault)
        this.#stage.note(`is over: ${fault.kind} of ${fault.atMs} ms`)
        this.tally.inject(fault.kind)
      } catch (error) {
        this.tally.failures.push(`${fault.kind}: ${error instanceof Error ? error.message : String(error)}`)
      }
      if (!('router' in fault))
        this.tally.happened.push({ kind: fault.kind, fromMs, toMs: systemClock.steadyMs() })
    }
  }

  async #cutLink({ kind, forMs, variant }: Planned<LinkFaultKind>): Promise<void> {
    const { daemons } = this.#stage
    const daemon = daemons[Math.floor(variant * daemons.length)]
    if (!daemon) return
    const link = kind.endsWith('database') ? 'database' : 'bus'
    const mend = this.#stage.cutLink(daemon, link, kind.startsWith('cut to') ? 'to' : 'from')
    await sleep(forMs)
    const rest = variant * daemons.length
    mend(rest - Math.floor(rest) < 0.5)
  }

  async #fillDisk({ forMs }: Planned<FaultKind>): Promise<void> {
    await this.#diskLock.run(async () => {
      const owner = await this.#stage.owner()
      await this.#stage.diskOf(owner)?.fillFor(forMs)
      await sleep(NOTICED_MS)
      if (!(await waitFor(() => owner.keepsItsJournal(), WRITTEN_AGAIN_WITHIN_MS)))
        this.tally.failures.push(`daemon ${owner.name} does not write its journal again`)
    })
  }

  async #skip(faults: readonly Planned<FaultKind>[]): Promise<void> {
    for (const { kind } of faults) {
      this.tally.plan(kind)
      this.tally.skip(kind)
    }
  }
}

/** Groups faults by router; those of one router run one after the other. */
function byRouter(faults: readonly PlannedRouterFault[]): readonly (readonly PlannedRouterFault[])[] {
  const grouped = new Map<number, PlannedRouterFault[]>()
  for (const fault of faults) grouped.set(fault.router, [...(grouped.get(fault.router) ?? []), fault])
  return [...grouped.values()]
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(Math.max(0, ms), undefined, { signal })
  } catch {
    // Aborted: the track checks its signal.
  }
}
