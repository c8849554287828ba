import { expect } from 'vitest'
import { INTERVAL_MS, type ServedScene } from '../auth/served-scene.ts'
import { acme, START } from './feed-fixture.ts'
import type { RawClient } from './raw-client.ts'

/** Two well-behaved clients of acme, one per protocol, beside a hostile one. They check that it does not harm them. */
export class Witnesses {
  readonly #scene: ServedScene
  readonly #feed: RawClient
  readonly #pusher: RawClient

  private constructor(scene: ServedScene, feed: RawClient, pusher: RawClient) {
    this.#scene = scene
    this.#feed = feed
    this.#pusher = pusher
  }

  static async of(scene: ServedScene): Promise<Witnesses> {
    return new Witnesses(scene, await scene.watch(acme), await scene.watchPusher(acme))
  }

  /** Lets time pass, reading each snapshot before the next is made, as in real time. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= INTERVAL_MS) {
      await this.#scene.clock.turn(Math.min(left, INTERVAL_MS))
      await expect.poll(() => this.#seqs().length, { timeout: 10_000 }).toBe(this.#turns() + 1)
    }
  }

  /** Checks that they got every snapshot, and that no connection and no complaint of others is left. */
  async areUntouched(): Promise<void> {
    await this.pass(2 * INTERVAL_MS)
    const expected = this.#turns() + 1
    expect(this.#seqs()).toEqual(Array.from({ length: expected }, (_, index) => index + 1))
    await expect.poll(() => this.#updates()).toBe(expected)
    await expect.poll(() => this.#scene.connections).toBe(2)
    expect(this.#scene.troubles).toEqual([])
  }

  /** The number of snapshots so far, without the first. */
  #turns(): number {
    return Math.floor((this.#scene.clock.steadyMs() - START.getTime()) / INTERVAL_MS)
  }

  #seqs(): readonly unknown[] {
    const snapshots = this.#feed.texts.filter(it => it.startsWith('{"type":"snapshot"'))
    return snapshots.map(it => /"seq":(\d+)/.exec(it)?.[1]).map(Number)
  }

  #updates(): number {
    return this.#pusher.texts.filter(it => it.startsWith('{"event":"stats.updated"')).length
  }
}
