import { expect, test } from 'vitest'
import { type RouterKey, routerId, routerKey } from '../../../src/accounting/ids.ts'
import { Rollup } from '../../../src/live/rollup.ts'
import type { RouterRef } from '../../../src/recording/ports.ts'
import { RouterBook } from '../../../src/recording/router-book.ts'
import { Ownership, SLICE } from '../../../src/roster/leases.ts'
import { ACME, NEW_ROUTER, recordedRouter, Scene } from '../../recording/recorder-scene.ts'
import { FakeLeases, LEASE_MS, refOf } from '../../roster/roster-scene.ts'
import { FakeOwner, WHOLE } from '../../roster/whole-part.ts'
import { LogLines } from '../../runtime/log-lines.ts'
import { rethrow } from '../../runtime/rethrow.ts'

/** A map that counts how often an iteration proceeds to the next entry. */
class CountedMap<Key, Value> extends Map<Key, Value> {
  steps = 0

  override entries() {
    const entries = super.entries()
    const next = entries.next.bind(entries)
    entries.next = () => {
      this.steps++
      return next()
    }
    return entries
  }

  override [Symbol.iterator]() {
    return this.entries()
  }
}

test('each of 5,000 routers is looked at once while all are taken, a hundred at a time', async () => {
  const scene = new Scene()
  const fleet = new CountedMap<RouterKey, RouterRef>()
  for (let number = 0; number < 5_000; number++) {
    const ref = refOf('acme', `router${number}`)
    fleet.set(routerKey(ref.tenant, ref.router), ref)
  }
  const gained: number[] = []
  const ownership = new Ownership({
    leases: new FakeLeases(),
    owner: new (class extends FakeOwner {
      override async gain(epochs: ReadonlyMap<RouterKey, number>): Promise<void> {
        gained.push(epochs.size)
        await super.gain(epochs)
      }
    })(),
    part: WHOLE,
    onSuperseded: () => expect.fail(),
    ...{ durationMs: LEASE_MS, stopping: new AbortController().signal },
    ...{ clock: scene.clock, log: new LogLines().log, onBug: rethrow },
  })
  await ownership.want(fleet)
  expect(gained).toEqual(Array.from({ length: fleet.size / SLICE }, () => SLICE))
  expect(fleet.steps).toBe(fleet.size + 1)
  await ownership.want(fleet)
  expect(gained).toHaveLength(fleet.size / SLICE)
})

test('30,000 routers of one tenant that leave at once stay part of its numbers', () => {
  const { board, clock } = new Scene()
  const router = (number: number) => routerId(`router${number}`)
  for (let number = 0; number < 30_000; number++) {
    const rollup = new Rollup({ upload: 1n, download: 2n })
    board.keepRollup(
      new RouterBook({ ...recordedRouter('any'), router: router(number) }, NEW_ROUTER, rollup, 1),
    )
  }
  expect(board.totals(ACME, clock.now())?.total).toEqual({ upload: 30_000n, download: 60_000n })
})
