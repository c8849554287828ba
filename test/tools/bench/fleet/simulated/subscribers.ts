import type { Bytes } from '../../../../../src/accounting/bytes.ts'
import { type Random, wholeBelow } from '../../../../harness/fleet/random.ts'
import type { SimulatedService } from '../../../../harness/services.ts'
import { Column } from './column.ts'
import { Readings } from './readings.ts'
import { movedIn, rateOf } from './traffic.ts'

/** A subscriber who logs in once, by number. `place` determines the address and is reused. */
export interface Subscriber {
  readonly router: number
  readonly number: number
  readonly place: number
}

/** The subscribers of one service on one router, numbered in the order of their logins, and what was read of them. */
export class Subscribers {
  readonly service: SimulatedService
  readonly readings = new Readings()
  readonly #router: number
  readonly #random: Random
  /** In the order of the logins, as RouterOS lists them. */
  readonly #online: number[] = []
  readonly #freePlaces: number[] = []
  readonly #loginMs: Column
  readonly #places: Column
  readonly #upload: Column
  readonly #download: Column
  #count = 0
  #frozenMs = Number.POSITIVE_INFINITY

  constructor(about: { service: SimulatedService; router: number; room: number; random: Random }) {
    this.service = about.service
    this.#router = about.router
    this.#random = about.random
    const column = () => new Column(about.room)
    this.#loginMs = column()
    this.#places = column()
    this.#upload = column()
    this.#download = column()
  }

  get online(): readonly number[] {
    return this.#online
  }

  /** Number of subscribers so far, which is the number of the next one. */
  get count(): number {
    return this.#count
  }

  get(number: number): Subscriber {
    return { router: this.#router, number, place: this.#places.at(number) }
  }

  login(atMs: number): Subscriber {
    const number = this.#count++
    const { upload, download } = rateOf(this.#random)
    this.#places.set(number, this.#freePlaces.pop() ?? this.#online.length)
    this.#loginMs.set(number, atMs)
    this.#upload.set(number, upload)
    this.#download.set(number, download)
    this.#online.push(number)
    return this.get(number)
  }

  /** @returns who logged out; `undefined` if nobody was online */
  logoutOne(): Subscriber | undefined {
    const [number] = this.#online.splice(wholeBelow(this.#random, this.#online.length), 1)
    if (number === undefined) return undefined
    this.readings.leave(number)
    this.#freePlaces.push(this.#places.at(number))
    return this.get(number)
  }

  /** From now on there is no traffic, but uptimes run on. */
  freeze(atMs: number): void {
    this.#frozenMs = atMs
  }

  uptimeMs(number: number, atMs: number): number {
    return atMs - this.#loginMs.at(number)
  }

  uploadAt(number: number, atMs: number): number {
    return movedIn(Math.min(atMs, this.#frozenMs) - this.#loginMs.at(number), this.#upload.at(number))
  }

  downloadAt(number: number, atMs: number): number {
    return movedIn(Math.min(atMs, this.#frozenMs) - this.#loginMs.at(number), this.#download.at(number))
  }

  /** The bytes in the last complete reading of each, by number. */
  *carried(): Generator<Bytes> {
    for (let number = 0; number < this.#count; number++)
      yield this.#movedAt(number, this.readings.lastWith(number))
  }

  /** The bytes of these that the client may not have read, by number. */
  *doubted(): Generator<readonly [number: number, Bytes]> {
    for (const [number, takenMs] of this.readings.doubted()) {
      const [carried, taken] = [this.readings.lastWith(number), takenMs].map(it => this.#movedAt(number, it))
      if (carried && taken)
        yield [number, { upload: carried.upload - taken.upload, download: carried.download - taken.download }]
    }
  }

  #movedAt(number: number, atMs = Number.NEGATIVE_INFINITY): Bytes {
    return { upload: this.uploadAt(number, atMs), download: this.downloadAt(number, atMs) }
  }
}
