import { describe, expect, it } from 'vitest'
import { Journal } from '../../../src/journal/journal.ts'
import type { JournalRecord } from '../../../src/journal/record.ts'
import { Replay } from '../../../src/journal/replay.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { LogLines } from '../../runtime/log-lines.ts'
import { allRecords } from '../all-records.ts'
import { BusyRouter } from '../busy-router.ts'
import { ModelDaemon, World } from '../model-daemon.ts'
import { Random } from '../random.ts'
import { MemoryDisk } from './memory-disk.ts'

function newWorld(routers: number, sessions: number): World {
  const random = new Random(9)
  return new World(
    Array.from(
      { length: routers },
      (_, at) => new BusyRouter({ name: `r${at}`, sessions, churn: 0, random }),
    ),
  )
}

async function readAll(disk: MemoryDisk): Promise<readonly JournalRecord[]> {
  const clock = new HandClock('2026-11-24T09:00:00Z')
  const journal = new Journal({
    ...{ directory: '/journal', maxBytes: 160_000, disk, clock, log: new LogLines().log },
    pending: () => [],
  })
  await journal.start()
  const records: JournalRecord[] = []
  for await (const record of allRecords(journal)) records.push(record)
  return records
}

function numbersOf(disk: MemoryDisk): readonly number[] {
  return disk.paths.map(path => Number(/\d+/.exec(path)))
}

describe('segments', () => {
  it('a segment that is full is followed by another', async () => {
    const world = newWorld(2, 10)
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, 80_000)
    await daemon.start()
    while (numbersOf(disk).length < 3) await daemon.readAll(world.routers)
    for (const path of disk.paths) expect(disk.contents(path).length).toBeLessThan(20_500)
    await daemon.halt()
  })

  it('goes once the database has all that is in it, of every router', async () => {
    const world = newWorld(2, 10)
    const [north = expect.fail(), south = expect.fail()] = world.routers
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, 160_000)
    await daemon.start()
    while (numbersOf(disk).length < 3) await daemon.readAll(world.routers)
    daemon.commit(north.key)
    await daemon.readAll(world.routers)
    expect(numbersOf(disk)).toEqual([1, 2, 3])
    daemon.commit(south.key)
    await daemon.readAll(world.routers)
    expect(numbersOf(disk)).toEqual([3])
    await daemon.stop()
  })

  it('goes once the routers in it are forgotten, and they are forgotten over a restart too', async () => {
    const world = newWorld(2, 10)
    const [north = expect.fail(), south = expect.fail()] = world.routers
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, 160_000)
    await daemon.start()
    while (numbersOf(disk).length < 2) await daemon.readAll(world.routers)
    daemon.lose(north.key)
    daemon.journal.forget(north.key)
    daemon.commit(south.key)
    await daemon.readAll([south])
    expect(numbersOf(disk)).toEqual([2])
    await daemon.halt()
    world.durable.set(north.key, 0)
    const after = new ModelDaemon(world, disk.crash(new Random(1)), 160_000)
    await after.start()
    expect(world.of(north.key).truth).toHaveLength(1)
    await after.halt()
  })

  it('of an earlier process stays as long as nobody says what became of a router in it', async () => {
    const world = newWorld(2, 10)
    const [north = expect.fail(), south = expect.fail()] = world.routers
    const disk = new MemoryDisk()
    const first = new ModelDaemon(world, disk, 160_000)
    await first.start()
    await first.readAll(world.routers)
    await first.halt()
    const after = disk.crash(new Random(1))
    const second = new ModelDaemon(world, after, 160_000)
    await second.start()
    second.lose(north.key)
    await second.readAll([south])
    expect(numbersOf(after)).toEqual([1, 2])
    second.journal.forget(north.key)
    await second.readAll([south])
    expect(numbersOf(after)).toEqual([2])
    await second.stop()
  })

  it('what is settled is still known when the segment that told it is gone', async () => {
    const world = newWorld(3, 10)
    const [north = expect.fail(), south = expect.fail(), east = expect.fail()] = world.routers
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, 160_000)
    await daemon.start()
    await daemon.readAll(world.routers)
    while (numbersOf(disk).length < 2) await daemon.readAll([south])
    daemon.commit(north.key)
    while (numbersOf(disk).length < 4) await daemon.readAll([south])
    daemon.commit(south.key)
    await daemon.readAll([south])
    expect(numbersOf(disk)).toEqual([1, 4])
    await daemon.halt()

    // Another daemon commits for both, so the records here are overtaken.
    const records = await readAll(disk.crash(new Random(1)))
    const unapplied = (router: BusyRouter) => {
      const replay = new Replay({ epoch: 2, position: 1000 })
      for (const record of records) if (record.router === router.key) replay.take(record)
      return replay.unapplied.readings
    }
    expect(unapplied(north)).toBe(0)
    expect(unapplied(east)).toBe(1)
  })

  it('of an earlier process goes once a checkpoint has all that waits', async () => {
    const world = newWorld(2, 10)
    const disk = new MemoryDisk()
    const first = new ModelDaemon(world, disk, 160_000)
    await first.start()
    await first.readAll(world.routers)
    await first.halt()
    const after = disk.crash(new Random(1))
    const second = new ModelDaemon(world, after, 160_000)
    await second.start()
    await second.readAll(world.routers)
    expect(numbersOf(after)).toEqual([2])
    await second.halt()
  })
})

describe('the bound', () => {
  it('holds over a long outage of the database, and nothing is lost', async () => {
    const world = newWorld(10, 10)
    const maxBytes = 141_000
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, maxBytes)
    await daemon.start()
    let checkpoints = 0
    for (let turn = 0; turn < 250; turn++) {
      const before = disk.bytes
      await daemon.readAll(world.routers)
      if (disk.bytes < before) checkpoints++
      if (turn === 150) for (const { key } of world.routers) daemon.offer(key)
    }
    expect(disk.mostBytes).toBeLessThanOrEqual(maxBytes)
    expect(checkpoints).toBeGreaterThan(3)
    expect(daemon.lines.lines).toEqual([
      expect.objectContaining({ level: 40, msg: expect.stringContaining('near its bound') }),
    ])
    await daemon.halt()
    const after = new ModelDaemon(world, disk.crash(new Random(1)), maxBytes)
    await after.start()
    for (const { key } of world.routers) expect(world.of(key).truth).toHaveLength(251)
    await after.stop()
  })

  it('that what waits outgrows is passed, is told once, and stops no reading', async () => {
    const world = newWorld(10, 50)
    const maxBytes = 50_000
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, maxBytes)
    await daemon.start()
    for (let turn = 0; turn < 60; turn++) expect(await daemon.readAll(world.routers)).not.toContain(false)
    const { bytes } = daemon.journal.state()
    expect(bytes).toBeGreaterThan(maxBytes)
    expect(bytes).toBeLessThan(500_000)
    // It is not rewritten all the time either.
    expect(Math.max(...numbersOf(disk))).toBeLessThan(10)
    expect(daemon.lines.lines.filter(line => line['level'] === 50)).toHaveLength(1)
    await daemon.stop()
  })
})
