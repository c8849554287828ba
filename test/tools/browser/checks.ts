import { isDeepStrictEqual } from 'node:util'
import { systemClock } from '../../../src/runtime/clock.ts'

const WITHIN_MS = 30_000

/** Runs checks one after the other, prints each, and counts them. */
export class Checks {
  #passed = 0
  #failed = 0

  /** @param outcome must become `wanted` in time */
  async check(name: string, wanted: unknown, outcome: () => Promise<unknown>): Promise<void> {
    const waiting = new AbortController()
    const late = systemClock.sleep(WITHIN_MS, waiting.signal).then(() => 'nothing in time')
    const got = await Promise.race([outcome(), late]).catch((error: unknown) => String(error))
    waiting.abort()
    if (isDeepStrictEqual(got, wanted)) {
      this.#passed += 1
      console.log(`ok: ${name}`)
    } else {
      this.#failed += 1
      console.log(`FAILED: ${name}: ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`)
    }
  }

  /** Prints the count. @returns whether all of them passed */
  finish(): boolean {
    console.log(`${this.#passed} passed, ${this.#failed} failed`)
    return this.#failed === 0
  }
}
