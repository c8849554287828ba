import { setTimeout as sleep } from 'node:timers/promises'
import { type Terms, USUAL } from './daemon-config.ts'
import type { ReloadKind } from './kinds.ts'
import type { Planned } from './plan.ts'
import type { Stage } from './stage.ts'
import type { SupervisedDaemon } from './supervised-daemon.ts'

/** A config that cannot be applied because the database is away is only retried on request. */
const ASK_AGAIN_MS = 4_000

/** Changes daemons' configs while they run, and back again. */
export class Reloads {
  readonly #stage: Stage

  constructor(stage: Stage) {
    this.#stage = stage
  }

  async inject({ kind, forMs, variant }: Planned<ReloadKind>): Promise<void> {
    const { daemons, fleet, routers } = this.#stage
    const router = routers[Math.floor(variant * routers.length)]?.identity ?? ''
    switch (kind) {
      case 'reload: pace':
        await this.#change(daemons, {
          schedule: variant < 0.5 ? '*/2 * * * * *' : '* * * * * *',
          timeout: '2s',
        })
        await sleep(forMs)
        return this.#change(daemons, USUAL)
      case 'reload: router off and on':
        await fleet.excuse(router, true)
        await this.#change(daemons, { disabled: new Set([router]) })
        await sleep(forMs)
        await this.#change(daemons, USUAL)
        return fleet.excuse(router, false)
      case 'reload: router out and in':
        await fleet.excuse(router, true)
        // If only its owner's config lacks it, the other daemon takes it over.
        await this.#change(variant < 0.5 ? daemons : [await this.#stage.owner()], {
          removed: new Set([router]),
        })
        await sleep(forMs)
        await this.#change(daemons, USUAL)
        return fleet.excuse(router, false)
      default:
        return kind satisfies never
    }
  }

  /** Gives every daemon the usual config and makes it reload. */
  async restore(): Promise<void> {
    await this.#change(this.#stage.daemons, USUAL)
  }

  async #change(daemons: readonly SupervisedDaemon[], terms: Partial<Terms>): Promise<void> {
    for (const daemon of daemons) {
      await this.#stage.setTerms(daemon.name, { ...USUAL, ...terms })
      daemon.hangUp()
      setTimeout(() => daemon.hangUp(), ASK_AGAIN_MS).unref()
    }
  }
}
