import type { Clock } from '../../runtime/clock.ts'
import type { Component } from '../../runtime/component.ts'
import { isFailure } from '../../runtime/failure.ts'
import { Loop } from '../../runtime/loop.ts'
import type { Database } from '../pg/database.ts'
import { asking, SchemaTooNew } from '../pg/errors.ts'
import { checkVersion } from '../schema/writable.ts'

export interface SchemaWatchOptions {
  readonly database: Pick<Database, 'pool'>
  /** Called once, when a later release changes the tables so that this one can no longer write them. */
  readonly onTooNew: (error: SchemaTooNew) => void
  readonly clock: Clock
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** A migration waits up to a minute for daemons to stop. */
const EVERY_MS = 5_000

const NEEDED = 'select greatest(announced, writable_since) as needed from drizzle.tikmeter_schema'

/** Looks for migrations of a later release. Commits are refused without it, but only it ends the daemon. */
export class SchemaWatch implements Component {
  readonly #options: SchemaWatchOptions
  readonly #loop: Loop

  constructor(options: SchemaWatchOptions) {
    this.#options = options
    this.#loop = new Loop(signal => this.#run(signal), options.onBug)
  }

  start(): void {
    this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const error = await this.#look()
      if (error) return this.#options.onTooNew(error)
      await this.#options.clock.sleep(EVERY_MS, signal)
    }
  }

  async #look(): Promise<SchemaTooNew | undefined> {
    try {
      await asking('the schema is not known', async () => {
        const { rows } = await this.#options.database.pool.query<{ needed: string }>(NEEDED)
        checkVersion(rows[0]?.needed ?? '0')
      })
    } catch (error) {
      if (error instanceof SchemaTooNew) return error
      // Those who commit say so.
      if (!isFailure(error)) throw error
    }
    return undefined
  }
}
