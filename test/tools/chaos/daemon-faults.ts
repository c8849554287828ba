import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../src/runtime/clock.ts'
import { COMMIT_EVERY_MS, LEASE_MS } from './daemon-config.ts'
import type { UnsafeGap } from './fleet-messages.ts'
import type { DaemonFaultKind } from './kinds.ts'
import type { Lock } from './lock.ts'
import type { Planned } from './plan.ts'
import type { Stage } from './stage.ts'
import type { SupervisedDaemon } from './supervised-daemon.ts'
import type { Tally } from './tally.ts'

/**
 * By then a reading that was handed over is in the journal: it is flushed every 250 ms after a short decision. The rest
 * is a margin for two busy cores.
 */
const JOURNALED_WITHIN_MS = 1_500
/** By then busy routers have noticed that a daemon is dead: until then they may answer what it has asked. */
const HEARD_WITHIN_MS = 500
/** One or two commits, and the database's own faults. */
const COMMITTED_WITHIN_MS = 4 * COMMIT_EVERY_MS
/** The longest time that a disk is full, until everything is written again. */
const DISK_FULL_WITHIN_MS = 9_000
const TAKEN_OVER_WITHIN_MS = 3 * LEASE_MS + 10_000
/** A daemon that wakes up may read routers of another one until it learns of that. */
const NOTICED_WITHIN_MS = 2_500

/** The time after a freeze until there are logins and logouts everywhere again. */
const STIRRED_MS = 3_000

export interface DaemonFaultOptions {
  readonly stage: Stage
  readonly tally: Tally
  /** Held while a journal's disk is full, because readings then last only as long as their process. */
  readonly diskLock: Lock
}

/**
 * Faults of daemons. If a fault could lose bytes by definition, sessions of all routers are frozen before it until the
 * bytes of ended sessions are safe, and thaw when they have been read again: so nothing can be lost, and the difference
 * must be 0. Only `kill -9 amid logouts` freezes nothing.
 */
export class DaemonFaults {
  readonly #options: DaemonFaultOptions
  readonly #gaps: UnsafeGap[] = []

  constructor(options: DaemonFaultOptions) {
    this.#options = options
  }

  /** Gaps that kills have left unread or unsafe. */
  get gaps(): readonly UnsafeGap[] {
    return this.#gaps
  }

  async inject({ kind, forMs, variant }: Planned<DaemonFaultKind>): Promise<void> {
    const { stage, tally, diskLock } = this.#options
    const daemon = await stage.owner()
    stage.say(`daemon ${daemon.name}: ${kind}`)
    switch (kind) {
      case 'kill -9, back at once':
        return diskLock.run(() => this.#kill(daemon, { isFrozen: true, forMs }))
      case 'kill -9 amid logouts':
        return diskLock.run(() => this.#kill(daemon, { isFrozen: false, forMs }))
      case 'kill -9, taken over':
        return this.#takeOver(daemon, {
          begin: async () => {
            tally.crashes.push({ atMs: systemClock.steadyMs(), reader: daemon.reader })
            await daemon.kill()
          },
          end: () => daemon.start(),
        })
      case 'SIGSTOP, long':
        return this.#takeOver(daemon, {
          begin: async () => daemon.pause(),
          end: async () => {
            await sleep(forMs)
            daemon.resume()
            await sleep(NOTICED_WITHIN_MS)
          },
        })
      case 'link cut, taken over': {
        let mend: ReturnType<Stage['cutLink']> | undefined
        return this.#takeOver(daemon, {
          begin: async () => {
            mend = stage.cutLink(daemon, 'database', variant < 0.5 ? 'to' : 'from')
          },
          end: async () => {
            await sleep(forMs)
            mend?.(variant * 2 - Math.floor(variant * 2) < 0.5)
            await sleep(NOTICED_WITHIN_MS)
          },
        })
      }
      case 'SIGSTOP, short':
        daemon.pause()
        await sleep(forMs)
        return daemon.resume()
      case 'SIGTERM, back at once':
      case 'SIGTERM, back later':
        return this.#restart(daemon, forMs)
      default:
        return kind satisfies never
    }
  }

  async #kill(daemon: SupervisedDaemon, how: { isFrozen: boolean; forMs: number }): Promise<void> {
    const { fleet, routers } = this.#options.stage
    if (how.isFrozen) {
      await fleet.freeze()
      await sleep(JOURNALED_WITHIN_MS + how.forMs)
    } else await sleep(STIRRED_MS)
    const killedMs = systemClock.steadyMs()
    await daemon.kill()
    const since = { afterMs: systemClock.steadyMs() + HEARD_WITHIN_MS }
    for (const { identity } of routers)
      this.#gaps.push({ router: identity, fromMs: killedMs - JOURNALED_WITHIN_MS, since })
    await daemon.start()
    if (how.isFrozen) await fleet.thaw(since.afterMs)
  }

  async #takeOver(
    daemon: SupervisedDaemon,
    { begin, end }: { begin: () => Promise<void>; end: () => Promise<void> },
  ): Promise<void> {
    const { stage, tally } = this.#options
    const { fleet } = stage
    await fleet.freeze()
    const frozenMs = systemClock.steadyMs()
    // Also for routers that cannot be read now, so not only until the others are committed.
    await sleep(COMMIT_EVERY_MS)
    if (!(await stage.untilCommitted(frozenMs, COMMITTED_WITHIN_MS)))
      stage.say('  not everything was committed before that')
    const beganMs = systemClock.steadyMs()
    await begin()
    const unread = await stage.untilRead({ afterMs: beganMs, notBy: daemon.reader }, TAKEN_OVER_WITHIN_MS)
    if (unread.healthy.length > 0)
      tally.failures.push(`not taken over from daemon ${daemon.name}: ${unread.healthy.join(' ')}`)
    else tally.takeoverMs.push(systemClock.steadyMs() - beganMs)
    await end()
    await fleet.thaw(systemClock.steadyMs())
  }

  async #restart(daemon: SupervisedDaemon, awayMs: number): Promise<void> {
    const { stage } = this.#options
    const stoppedMs = systemClock.steadyMs()
    const code = await daemon.stop()
    // If neither the database nor the journal accepted its readings, the exit code says so.
    if (code !== 0) {
      stage.say(`  it ended with ${code}`)
      const since = { afterMs: systemClock.steadyMs() }
      for (const { identity } of stage.routers)
        this.#gaps.push({ router: identity, fromMs: stoppedMs - DISK_FULL_WITHIN_MS, since })
    }
    await sleep(awayMs)
    await daemon.start()
  }
}
