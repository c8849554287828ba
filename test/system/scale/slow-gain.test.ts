import { expect, test } from 'vitest'
import { type RouterKey, routerKey } from '../../../src/accounting/ids.ts'
import type { RouterRef } from '../../../src/recording/ports.ts'
import { Ownership, SLICE } from '../../../src/roster/leases.ts'
import type { Leases } from '../../../src/roster/ports.ts'
import { refOf } from '../../roster/roster-scene.ts'
import { FakeOwner, WHOLE } from '../../roster/whole-part.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { LogLines } from '../../runtime/log-lines.ts'
import { rethrow } from '../../runtime/rethrow.ts'

const LEASE_MS = 15_000
const GAIN_MS = 40_000
const FLEET = new Map(
  Array.from({ length: 2 * SLICE + 1 }, (_, number) => {
    const ref = refOf('acme', `router${number}`)
    return [routerKey(ref.tenant, ref.router), ref] as const
  }),
)

/** Leases that expire as a database's do, of one daemon and of others that would find them free. */
class ExpiringLeases implements Leases {
  readonly #clock: HandClock
  readonly #rows = new Map<RouterKey, { readonly epoch: number; readonly untilMs: number }>()

  constructor(clock: HandClock) {
    this.#clock = clock
  }

  async acquire(routers: readonly RouterRef[]): Promise<ReadonlyMap<RouterKey, number>> {
    const taken = new Map<RouterKey, number>()
    for (const { tenant, router } of routers) {
      const key = routerKey(tenant, router)
      const epoch = (this.#rows.get(key)?.epoch ?? 0) + 1
      taken.set(key, epoch)
      this.#prolong(key, epoch)
    }
    return taken
  }

  async renew(leases: ReadonlyMap<RouterKey, number>): Promise<ReadonlySet<RouterKey>> {
    const kept = [...leases].filter(([key, epoch]) => this.#rows.get(key)?.epoch === epoch)
    for (const [key, epoch] of kept) this.#prolong(key, epoch)
    return new Set(kept.map(([key]) => key))
  }

  async release(leases: ReadonlyMap<RouterKey, number>): Promise<void> {
    for (const [key, epoch] of leases) this.#rows.set(key, { epoch, untilMs: Number.NEGATIVE_INFINITY })
  }

  async newer(): Promise<undefined> {}

  async offers(): Promise<readonly []> {
    return []
  }

  async left(): Promise<readonly []> {
    return []
  }

  async orphans(): Promise<readonly []> {
    return []
  }

  /** Takes a router for another daemon, without asking whether it is free. */
  take(key: RouterKey): void {
    this.#prolong(key, (this.#rows.get(key)?.epoch ?? 0) + 1)
  }

  get expired(): number {
    const nowMs = this.#clock.steadyMs()
    return [...this.#rows.values()].filter(({ untilMs }) => untilMs <= nowMs).length
  }

  #prolong(key: RouterKey, epoch: number): void {
    this.#rows.set(key, { epoch, untilMs: this.#clock.steadyMs() + LEASE_MS })
  }
}

/** An owner that takes longer to start with a slice of routers than their leases last. */
class SlowOwner extends FakeOwner {
  readonly lostAt: { readonly router: RouterKey; readonly atMs: number }[] = []
  readonly #clock: HandClock
  readonly #signal = new AbortController().signal

  constructor(clock: HandClock) {
    super()
    this.#clock = clock
  }

  override async gain(epochs: ReadonlyMap<RouterKey, number>): Promise<void> {
    await this.#clock.sleep(GAIN_MS, this.#signal)
    await super.gain(epochs)
  }

  override async lose(routers: readonly RouterKey[]): Promise<void> {
    for (const router of routers) this.lostAt.push({ router, atMs: this.#clock.steadyMs() })
    await super.lose(routers)
  }
}

function owning() {
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const leases = new ExpiringLeases(clock)
  const owner = new SlowOwner(clock)
  const { log } = new LogLines()
  const stopping = new AbortController()
  const ownership = new Ownership({
    ...{ leases, owner, part: WHOLE, durationMs: LEASE_MS, stopping: stopping.signal, clock, log },
    onSuperseded: () => expect.fail(),
    onBug: rethrow,
  })
  ownership.start()
  const stop = async () => {
    await ownership.stop()
    expect(clock.sleepers).toBe(0)
  }
  return { clock, leases, owner, ownership, stopping, stop }
}

test('no lease expires while starting with routers takes longer than a lease', async () => {
  const { clock, leases, owner, ownership, stop } = owning()
  const wanted = ownership.want(FLEET)
  for (let second = 0; second < (3 * GAIN_MS) / 1_000; second++) {
    await clock.turn(1_000)
    expect(leases.expired).toBe(0)
  }
  await wanted
  expect(owner.has.size).toBe(FLEET.size)
  await stop()
})

test('a loss while routers are gained is reported after their slice, not after all of them', async () => {
  const { clock, leases, owner, ownership, stop } = owning()
  const wanted = ownership.want(FLEET)
  const begunMs = clock.steadyMs()
  await clock.turn(GAIN_MS)
  const [first] = FLEET.keys()
  if (first === undefined) throw new Error('the fleet has routers')
  leases.take(first)
  // The lost one is taken again, in a slice of its own.
  await clock.turn(3 * GAIN_MS)
  await wanted
  expect(owner.lostAt).toEqual([{ router: first, atMs: begunMs + 2 * GAIN_MS }])
  await stop()
})

test('at a stop, a release waits for the slice that is being gained, and none is taken after it', async () => {
  const { clock, leases, owner, ownership, stopping, stop } = owning()
  const wanted = ownership.want(FLEET)
  await clock.turn(GAIN_MS / 2)
  stopping.abort()
  const released = ownership.release()
  await clock.turn(GAIN_MS)
  await Promise.all([released, wanted])
  expect(owner.has.size).toBe(SLICE)
  expect(leases.expired).toBe(SLICE)
  await clock.turn(GAIN_MS)
  expect(owner.has.size).toBe(SLICE)
  await stop()
})
