import type { RouterKey } from '../../src/accounting/ids.ts'
import type { Owner, Part } from '../../src/roster/owner.ts'

/** The part of a daemon that shares its routers with no other. */
export const WHOLE: Part = {
  isOurs: () => true,
  successorOf: () => undefined,
  moving: () => [],
  join: () => {},
  refresh: async () => false,
  renew: async () => {},
  leave: async () => {},
  untilFirstEndMs: Number.POSITIVE_INFINITY,
}

/** An owner that has what it gained until it loses or moves it. */
export class FakeOwner implements Owner {
  readonly has = new Map<RouterKey, number>()
  readonly lost: RouterKey[] = []
  /** What `gain` and `lose` wait for, or fail with. */
  gaining: Promise<void> = Promise.resolve()
  losing: Promise<void> = Promise.resolve()

  async gain(epochs: ReadonlyMap<RouterKey, number>): Promise<void> {
    await this.gaining
    for (const [router, epoch] of epochs) this.has.set(router, epoch)
  }

  async lose(routers: readonly RouterKey[]): Promise<void> {
    await this.losing
    for (const router of routers) this.has.delete(router)
    this.lost.push(...routers)
  }

  async moveAway(routers: readonly RouterKey[]): Promise<void> {
    for (const router of routers) this.has.delete(router)
  }

  async keepUncommitted(): Promise<void> {}

  isBusy(router: RouterKey): boolean {
    return this.has.has(router)
  }

  sessionsOf(): number {
    return 0
  }
}
