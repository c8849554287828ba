import { expect } from 'vitest'
import type { RouterKey } from '../../src/accounting/ids.ts'
import { type Pending, PendingBuilder } from '../../src/accounting/waiting/pending.ts'
import type { Disk } from '../../src/journal/files/disk.ts'
import { Journal } from '../../src/journal/journal.ts'
import { Replay, type ReplayStep } from '../../src/journal/replay.ts'
import type { CheckpointRecord } from '../../src/recording/journal-port.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { allRecords } from './all-records.ts'
import { type BusyRouter, bytesOf, sharesOf } from './busy-router.ts'

export const FLUSH_MS = 250

/** What the database has of a router: the sum of all bytes, up to a position. */
interface Stored {
  epoch: number
  position: number
  bytes: number
}

/** What outlives the daemon: routers, the database, and the truth. */
export class World {
  readonly routers: readonly BusyRouter[]
  readonly stored = new Map<RouterKey, Stored>()
  /** All bytes up to each position that a router's history has had. */
  readonly truth = new Map<RouterKey, number[]>()
  /** The position up to which the journal reported a router as durable. */
  readonly durable = new Map<RouterKey, number>()
  epoch = 0

  constructor(routers: readonly BusyRouter[]) {
    this.routers = routers
    for (const { key } of routers) {
      this.stored.set(key, { epoch: 0, position: 0, bytes: 0 })
      this.truth.set(key, [0])
      this.durable.set(key, 0)
    }
  }

  of(key: RouterKey): { stored: Stored; truth: number[]; durable: number } {
    const stored = this.stored.get(key) ?? expect.fail()
    return { stored, truth: this.truth.get(key) ?? expect.fail(), durable: this.durable.get(key) ?? 0 }
  }
}

interface Book {
  units: readonly Pending[]
  building: PendingBuilder
}

/** The recorder, as far as the journal needs it. */
export class ModelDaemon {
  readonly clock = new HandClock('2026-11-24T09:00:00Z')
  readonly lines = new LogLines()
  readonly journal: Journal
  readonly #world: World
  readonly #epoch: number
  readonly #books = new Map<RouterKey, Book>()
  readonly #abort = new AbortController()
  #running: Promise<void> = Promise.resolve()

  constructor(world: World, disk: Disk, maxBytes: number) {
    this.#world = world
    this.#epoch = ++world.epoch
    this.journal = new Journal({
      ...{ directory: '/journal', maxBytes, disk, clock: this.clock, log: this.lines.log },
      pending: () => this.#pending(),
    })
  }

  /** Continues from the database with the content of the journal, which has to be the truth. */
  async start(): Promise<void> {
    const replays = new Map<RouterKey, Replay>()
    for (const { key } of this.#world.routers) {
      const { stored } = this.#world.of(key)
      replays.set(key, new Replay(stored))
      this.#books.set(key, { units: [], building: new PendingBuilder(stored.position) })
    }
    await this.journal.start()
    for await (const record of allRecords(this.journal)) {
      const step = replays.get(record.router)?.take(record)
      if (step) this.#apply(record.router, step)
    }
    for (const [key, replay] of replays) this.#check(key, replay)
    this.#running = this.journal.run(this.#abort.signal)
  }

  /** Reads a router once. @returns once the journal has answered, whether it is durable */
  async read(router: BusyRouter, seconds = 5): Promise<boolean> {
    const { isDurable, adopt } = await this.#decide(router, seconds)
    adopt()
    return isDurable
  }

  /** Reads a router once, and waits for a flush. @returns a function that adopts the decision */
  async readWithoutAdopting(router: BusyRouter): Promise<() => void> {
    const deciding = this.#decide(router, 5)
    await this.clock.turn(FLUSH_MS)
    return (await deciding).adopt
  }

  async #decide(router: BusyRouter, seconds: number): Promise<{ isDurable: boolean; adopt: () => void }> {
    const { key } = router
    const { truth } = this.#world.of(key)
    const decision = router.next(seconds)
    const position = truth.push((truth.at(-1) ?? 0) + bytesOf(decision)) - 1
    const record = { kind: 'decision', router: key, epoch: this.#epoch, position, decision } as const
    const isDurable = await this.journal.append(record)
    const adopt = () => {
      this.#book(key).building.add(decision, sharesOf(decision))
      if (isDurable) this.#world.durable.set(key, position)
    }
    return { isDurable, adopt }
  }

  /** Reads routers one after the other, and waits for a flush. */
  async readAll(routers: readonly BusyRouter[], seconds = 5): Promise<readonly boolean[]> {
    const reading = Promise.all(routers.map(router => this.read(router, seconds)))
    await this.clock.turn(FLUSH_MS)
    return reading
  }

  commit(key: RouterKey): void {
    const { stored } = this.#world.of(key)
    for (const unit of this.#unitsOf(key)) {
      expect(unit.basePosition).toBe(stored.position)
      stored.position = unit.position
      stored.bytes += sumOf(unit)
      stored.epoch = this.#epoch
    }
    this.#books.set(key, { units: [], building: new PendingBuilder(stored.position) })
    this.journal.committed(key, this.#epoch, stored.position)
  }

  /** Offers what waits to a database that does not answer: it does not change, and later decisions are kept apart. */
  offer(key: RouterKey): void {
    const units = this.#unitsOf(key)
    const position = units.at(-1)?.position ?? this.#world.of(key).stored.position
    this.#books.set(key, { units, building: new PendingBuilder(position) })
  }

  /** Another daemon has the router from now on. */
  lose(key: RouterKey): void {
    this.#books.delete(key)
  }

  async stop(): Promise<void> {
    await this.halt()
    await this.journal.stop()
  }

  /** Ends the loop, and leaves everything as it is. */
  async halt(): Promise<void> {
    this.#abort.abort()
    await this.#running
  }

  *#pending(): Iterable<CheckpointRecord> {
    for (const router of this.#books.keys()) {
      const pending = this.#unitsOf(router)
      if (pending.length > 0) yield { kind: 'checkpoint', router, epoch: this.#epoch, pending }
    }
  }

  #unitsOf(key: RouterKey): readonly Pending[] {
    const { units, building } = this.#book(key)
    return building.isEmpty ? units : [...units, building.build()]
  }

  #apply(key: RouterKey, step: ReplayStep): void {
    if (step.kind === 'nothing') return
    if (step.kind === 'back' || step.onto === 'stored') {
      const { position } = this.#world.of(key).stored
      this.#books.set(key, { units: [], building: new PendingBuilder(position) })
    }
    if (step.kind === 'decision') this.#book(key).building.add(step.decision, sharesOf(step.decision))
    if (step.kind === 'checkpoint') {
      const units = [...this.#unitsOf(key), ...step.pending]
      this.#books.set(key, { units, building: new PendingBuilder(units.at(-1)?.position ?? expect.fail()) })
    }
  }

  /** Checks that nothing durable is missing, nothing is there twice, and nothing after it is there. */
  #check(key: RouterKey, replay: Replay): void {
    const { stored, truth, durable } = this.#world.of(key)
    const waiting = this.#unitsOf(key)
    const position = waiting.at(-1)?.position ?? stored.position
    expect(position).toBe(replay.position)
    expect(position).toBeGreaterThanOrEqual(durable)
    expect(position).toBeLessThan(truth.length)
    expect(stored.bytes + waiting.reduce((sum, unit) => sum + sumOf(unit), 0)).toBe(truth[position])
    truth.length = position + 1
    this.#world.durable.set(key, position)
  }

  #book(key: RouterKey): Book {
    return this.#books.get(key) ?? expect.fail()
  }
}

function sumOf(pending: Pending): number {
  let sum = 0
  for (const { shares } of pending.sessions.values())
    for (const share of shares.values()) sum += share.upload + share.download
  return sum
}
