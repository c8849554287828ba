import { describe, expect, it } from 'vitest'
import { tried } from '../harness/random-runs.ts'
import { BusyRouter } from './busy-router.ts'
import { MemoryDisk } from './files/memory-disk.ts'
import { FLUSH_MS, ModelDaemon, World } from './model-daemon.ts'
import { Random } from './random.ts'

function someRouters(random: Random, count = 3): readonly BusyRouter[] {
  return Array.from(
    { length: count },
    (_, at) => new BusyRouter({ name: `router-${at}`, sessions: 5, churn: 0.05, random }),
  )
}

/** Breaks the disk, fills it, or repairs it. */
function trouble(disk: MemoryDisk, random: Random): void {
  const roll = random.next()
  if (roll < 0.05) disk.fault = random.pick(['EIO', 'EROFS', 'EACCES'])
  else if (roll < 0.1) disk.capacityBytes = disk.bytes + random.below(2000)
  else if (roll < 0.35) {
    disk.fault = undefined
    disk.capacityBytes = Number.POSITIVE_INFINITY
  }
}

describe('every byte of a durable reading is recorded exactly once', () => {
  it.each(Array.from({ length: tried(20, 60).numRuns }, (_, seed) => seed))(
    'over crashes, commits and full disks, seed %i',
    async seed => {
      const random = new Random(seed)
      const world = new World(someRouters(random))
      let disk = new MemoryDisk()
      for (let life = 0; life < 8; life++) {
        const daemon = new ModelDaemon(world, disk, random.pick([20_000, 200_000, 16_000_000]))
        await daemon.start()
        for (let turn = random.below(25); turn > 0; turn--) {
          await daemon.readAll(world.routers.filter(() => random.chance(0.7)))
          for (const { key } of world.routers)
            if (random.chance(0.1)) daemon.commit(key)
            else if (random.chance(0.05)) daemon.offer(key)
          trouble(disk, random)
        }
        if (random.chance(0.2)) await daemon.stop()
        else {
          disk.failAfter = random.below(6)
          await daemon.readAll(world.routers)
          await daemon.halt()
        }
        disk = disk.crash(random)
      }
    },
  )
})

it('a daemon that stops in order after everything was committed leaves no file', async () => {
  const world = new World(someRouters(new Random(1)))
  const disk = new MemoryDisk()
  const daemon = new ModelDaemon(world, disk, 1_000_000)
  await daemon.start()
  await daemon.readAll(world.routers)
  for (const { key } of world.routers) daemon.commit(key)
  await daemon.stop()
  expect(disk.paths).toEqual([])
})

it('many readings are one fsync, and the loop sleeps while there are none', async () => {
  const world = new World(someRouters(new Random(1), 20))
  const disk = new MemoryDisk()
  const daemon = new ModelDaemon(world, disk, 1_000_000)
  await daemon.start()
  await daemon.readAll(world.routers)
  const before = disk.syncs
  expect(await daemon.readAll(world.routers)).not.toContain(false)
  expect(disk.syncs).toBe(before + 1)
  await daemon.clock.turn(100 * FLUSH_MS)
  expect(daemon.clock.sleepers).toBe(0)
  expect(disk.syncs).toBe(before + 1)
  await daemon.stop()
})

it('a reading is durable within one flush', async () => {
  const world = new World(someRouters(new Random(1), 1))
  const daemon = new ModelDaemon(world, new MemoryDisk(), 1_000_000)
  await daemon.start()
  const [router = expect.fail()] = world.routers
  const reading = daemon.read(router)
  await daemon.clock.turn(FLUSH_MS)
  expect(await reading).toBe(true)
  await daemon.stop()
})

it('a second daemon on the same directory is refused, and the first one continues', async () => {
  const world = new World(someRouters(new Random(1)))
  const disk = new MemoryDisk()
  const first = new ModelDaemon(world, disk, 1_000_000)
  await first.start()
  await expect(new ModelDaemon(world, disk, 1_000_000).start()).rejects.toThrow(/is the journal of process/)
  expect(await first.readAll(world.routers)).not.toContain(false)
  await first.stop()
})

it('a router whose records are settled has none to read, even if their file is gone', async () => {
  const world = new World(someRouters(new Random(1), 2))
  const [settled = expect.fail(), other = expect.fail()] = world.routers
  let disk = new MemoryDisk()
  const before = new ModelDaemon(world, disk, 1_000_000)
  await before.start()
  await before.readAll([settled])
  before.commit(settled.key)
  await before.readAll([other])
  before.commit(other.key)
  await before.halt()
  disk = disk.crash(new Random(1))
  const after = new ModelDaemon(world, disk, 1_000_000)
  await after.start()
  expect(after.journal.routers).toContain(settled.key)
  const [old = expect.fail()] = disk.paths
  await after.readAll([other])
  after.commit(other.key)
  await after.readAll([other])
  expect(disk.paths).not.toContain(old)
  const records = []
  for await (const record of after.journal.recordsOf(settled.key)) records.push(record)
  expect(records).toEqual([])
  await after.stop()
})
