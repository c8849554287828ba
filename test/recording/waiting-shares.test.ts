import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../src/accounting/bytes.ts'
import type { RouterKey } from '../../src/accounting/ids.ts'
import { WaitingShares } from '../../src/recording/waiting-shares.ts'
import { gone, Scene } from './recorder-scene.ts'

const MIB = 1024 ** 2
const BUCKET_MS = 900_000
const LIMITS = { maxSessions: 1_000, newSessionsPerHour: 1_000_000 }

/** Honest routers of 10 sessions each, and one that has new ones at each poll; the database is away. */
class Outage {
  readonly scene = new Scene()
  readonly journal = { bytes: 0, maxBytes: 1024 * MIB }
  readonly shares: WaitingShares
  isTaken = false
  readonly honest: readonly RouterKey[]
  readonly liar: RouterKey
  /** How often each was read. */
  readonly polls = new Map<RouterKey, number>()
  #round = 0

  constructor(mostBytes: number) {
    const { books, clock, lines } = this.scene
    this.shares = new WaitingShares({
      ...{ books, clock, log: lines.log, bucketMs: BUCKET_MS, mostBytes },
      journal: { state: () => this.journal },
      isTaken: () => this.isTaken,
    })
    this.honest = Array.from({ length: 10 }, (_, n) => this.scene.addRouter(`r${n}`, 1, { limits: LIMITS }))
    this.liar = this.scene.addRouter('liar', 1, { limits: LIMITS })
    this.scene.store.answering = gone()
  }

  /** One poll of each router that is not held back, a minute after the one before. */
  async round(): Promise<void> {
    await this.scene.clock.turn(60_000)
    this.#round++
    for (const key of this.honest) await this.#poll(key, honestUsers(this.#round))
    await this.#poll(this.liar, { ann: { upload: this.#round * 100, download: 0 }, ...newUsers(this.#round) })
  }

  async rounds(count: number): Promise<void> {
    for (let round = 0; round < count; round++) await this.round()
  }

  bytesOf(key: RouterKey): number {
    return this.scene.books.get(key)?.load.bytes ?? 0
  }

  async commit(): Promise<void> {
    this.scene.store.answering = Promise.resolve()
    const keys = [...this.scene.recorder.pending().keys()]
    await this.scene.recorder.commit(keys)
    await this.scene.recorder.commit(keys)
  }

  async #poll(key: RouterKey, users: Readonly<Record<string, Bytes>>): Promise<void> {
    if (this.shares.heldBack(key) !== undefined) return
    this.polls.set(key, (this.polls.get(key) ?? 0) + 1)
    await this.scene.read(key, users)
  }
}

function heldLines({ scene }: Outage): readonly Readonly<Record<string, unknown>>[] {
  return scene.lines.told.filter(it => String(it['msg']).includes('held back'))
}

function honestUsers(round: number): Readonly<Record<string, Bytes>> {
  return Object.fromEntries(
    Array.from({ length: 10 }, (_, user) => [`user${user}`, { upload: round * (user + 1), download: 0 }]),
  )
}

function newUsers(round: number): Readonly<Record<string, Bytes>> {
  return Object.fromEntries(
    Array.from({ length: 150 }, (_, user) => [`new-${round}-${user}`, { upload: 1, download: 0 }]),
  )
}

describe('while the database is away', () => {
  it('a router that fills the memory is held back, and no honest one', async () => {
    const outage = new Outage(5 * MIB)
    const { honest, liar, polls } = outage
    await outage.rounds(40)
    for (const key of honest) expect(polls.get(key)).toBe(40)
    expect(polls.get(liar)).toBeLessThan(25)
    expect(outage.shares.memory.usedBytes).toBeLessThan(outage.shares.memory.mostBytes)
    expect(heldLines(outage)).toMatchObject([{ level: 40, router: 'acme/liar' }])
    expect(outage.shares.heldBack(liar)).toMatch(/wait for the database, more than its share of \d+/)
  })

  it('shares do not apply until the memory is half full', async () => {
    const outage = new Outage(1024 * MIB)
    await outage.rounds(30)
    expect(outage.polls.get(outage.liar)).toBe(30)
  })

  it('shares apply if the journal is more than half full', async () => {
    const outage = new Outage(1024 * MIB)
    outage.journal.maxBytes = 5 * MIB
    await outage.rounds(20)
    expect(outage.polls.get(outage.liar)).toBe(20)
    outage.journal.bytes = 3 * MIB
    await outage.rounds(10)
    expect(outage.polls.get(outage.liar)).toBe(20)
    for (const key of outage.honest) expect(outage.polls.get(key)).toBe(30)
  })

  it('an honest router with many sessions is read, however small its part of the limits', async () => {
    const outage = new Outage(1024 * MIB)
    outage.journal.maxBytes = MIB
    outage.journal.bytes = MIB
    const large = outage.scene.addRouter('large', 1, { limits: { ...LIMITS, maxSessions: 300 } })
    const users = (round: number) =>
      Object.fromEntries(Array.from({ length: 290 }, (_, n) => [`u${n}`, { upload: round, download: 0 }]))
    for (let round = 1; round <= 60; round++) {
      await outage.scene.clock.turn(60_000)
      expect(outage.shares.heldBack(large)).toBeUndefined()
      await outage.scene.read(large, users(round))
    }
    expect(outage.bytesOf(large)).toBeGreaterThan(MIB / 4)
  })
})

describe('while the database accepts commits', () => {
  it('a router with more waiting data than one commit needs is read again after the commit, even if memory is free', async () => {
    const outage = new Outage(1024 * MIB)
    outage.isTaken = true
    const { scene, liar } = outage
    const most = { upload: 1, download: 0 }
    const thousands = (round: number) =>
      Object.fromEntries(Array.from({ length: 5_000 }, (_, user) => [`${round}-${user}`, most]))
    const about = { limits: { maxSessions: 10_000, newSessionsPerHour: 1_000_000 } }
    const large = scene.addRouter('large', 1, about)
    let rounds = 0
    for (; outage.shares.heldBack(large) === undefined; rounds++) {
      await scene.clock.turn(60_000)
      await scene.read(large, thousands(rounds))
    }
    expect(rounds).toBeLessThan(6)
    expect(outage.shares.heldBack(large)).toMatch(/read again once they are committed/)
    expect(scene.recorder.hurried()).toEqual([large])
    expect(outage.shares.heldBack(liar)).toBeUndefined()
    for (let again = 0; again < 2; again++) {
      await outage.commit()
      expect([outage.shares.heldBack(large), scene.recorder.hurried()]).toEqual([undefined, []])
      for (let more = 0; more < 4; more++) {
        await scene.clock.turn(60_000)
        await scene.read(large, thousands(rounds++))
      }
      expect(outage.shares.heldBack(large)).toMatch(/read again once they are committed/)
    }
    // It is as often held back as it is committed, and logged once.
    expect(heldLines(outage)).toMatchObject([{ level: 40, router: 'acme/large' }])
  })
})

describe('a router that was held back', () => {
  it('is read again once the database has its data, and loses no byte of subscribers who stayed', async () => {
    const outage = new Outage(5 * MIB)
    const { scene, liar } = outage
    await outage.rounds(30)
    expect(outage.shares.heldBack(liar)).toBeDefined()
    await outage.commit()
    await outage.round()
    expect(outage.shares.heldBack(liar)).toBeUndefined()
    expect(heldLines(outage)).toMatchObject([{ level: 40, router: 'acme/liar' }])
    await scene.clock.turn(600_000)
    expect(outage.shares.heldBack(liar)).toBeUndefined()
    expect(heldLines(outage).at(-1)).toMatchObject({ level: 30, msg: 'router no longer held back' })
    await outage.commit()
    const ann = scene.offers(liar).reduce((sum, offer) => sum + (offer['ann']?.upload ?? 0), 0)
    expect(ann).toBe(31 * 100)
    for (const key of outage.honest) {
      const bytes = scene.offers(key).flatMap(offer => offer['user3'] ?? [])
      expect(bytes.reduce((sum, { upload }) => sum + upload, 0)).toBe(31 * 4)
    }
  })
})

it('what waits weighs nothing once it is committed', async () => {
  const outage = new Outage(5 * MIB)
  await outage.rounds(3)
  expect(outage.bytesOf(outage.liar)).toBeGreaterThan(300_000)
  await outage.commit()
  for (const book of outage.scene.books.values()) expect([book.key, book.load.bytes]).toEqual([book.key, 0])
})
