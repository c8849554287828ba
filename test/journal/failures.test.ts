import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { AppendFile } from '../../src/journal/files/disk.ts'
import { WRITTEN_FORMAT } from '../../src/journal/format/format.ts'
import { BusyRouter } from './busy-router.ts'
import { MemoryDisk } from './files/memory-disk.ts'
import { FLUSH_MS, ModelDaemon, World } from './model-daemon.ts'
import { Random } from './random.ts'

const MAX_BYTES = 16_000_000

function newWorld(): World {
  const random = new Random(5)
  return new World(
    ['north', 'south', 'east'].map(name => new BusyRouter({ name, sessions: 20, churn: 0.01, random })),
  )
}

describe('a disk that refuses', () => {
  it('a full disk: readings continue and are reported as not durable; once there is space, nothing is lost any more', async () => {
    const world = newWorld()
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, MAX_BYTES)
    await daemon.start()
    expect(await daemon.readAll(world.routers)).toEqual([true, true, true])
    disk.capacityBytes = disk.bytes + 100
    for (let turn = 0; turn < 10; turn++)
      expect(await daemon.readAll(world.routers)).toEqual([false, false, false])
    expect(daemon.journal.state()).toMatchObject({ kind: 'failing', reason: 'no space left on device' })
    disk.capacityBytes = Number.POSITIVE_INFINITY
    expect(await daemon.readAll(world.routers)).toEqual([true, true, true])
    expect(daemon.journal.state()).toMatchObject({ kind: 'writing', bytes: disk.bytes })
    await daemon.readAll(world.routers)
    await daemon.halt()

    const after = new ModelDaemon(world, disk.crash(new Random(1)), MAX_BYTES)
    await after.start()
    for (const { key } of world.routers) expect(world.of(key).truth).toHaveLength(14)
    await after.stop()
  })

  it('is reported once, with what to do, and once when it is over', async () => {
    const world = newWorld()
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, MAX_BYTES)
    await daemon.start()
    disk.fault = 'EROFS'
    for (let turn = 0; turn < 5; turn++) await daemon.readAll(world.routers)
    disk.fault = undefined
    await daemon.readAll(world.routers)
    expect(daemon.lines.lines).toEqual([
      expect.objectContaining({ level: 50, advice: expect.stringContaining('mounted read-only') }),
      expect.objectContaining({ level: 30, msg: 'the journal is written again, with all that waits' }),
    ])
    await daemon.stop()
  })

  it('is not blamed if this process has no file descriptor left', async () => {
    const world = newWorld()
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, MAX_BYTES)
    await daemon.start()
    disk.fault = 'EMFILE'
    await daemon.readAll(world.routers)
    disk.fault = undefined
    expect(daemon.lines.lines).toMatchObject([
      { advice: expect.stringMatching('its disk is fine, but .* too few file descriptors: .*LimitNOFILE') },
    ])
    await daemon.stop()
  })

  it('is tried again even if no reading comes', async () => {
    const world = newWorld()
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, MAX_BYTES)
    await daemon.start()
    disk.fault = 'EIO'
    await daemon.readAll(world.routers)
    disk.fault = undefined
    await daemon.clock.turn(FLUSH_MS)
    expect(daemon.journal.state()).toMatchObject({ kind: 'writing' })
    await daemon.halt()
    const after = new ModelDaemon(world, disk.crash(new Random(1)), MAX_BYTES)
    await after.start()
    for (const { key } of world.routers) expect(world.of(key).truth).toHaveLength(2)
    await after.stop()
  })

  it('is tried again within ten seconds, however long it took to refuse', async () => {
    class SlowDisk extends MemoryDisk {
      refusingMs = 0

      override async create(path: string): Promise<AppendFile> {
        if (this.fault !== undefined) await daemon.clock.sleep(this.refusingMs, new AbortController().signal)
        return super.create(path)
      }
    }
    const disk = new SlowDisk()
    const world = newWorld()
    const daemon = new ModelDaemon(world, disk, MAX_BYTES)
    await daemon.start()
    await daemon.readAll(world.routers)
    disk.fault = 'EIO'
    disk.refusingMs = 60_000
    await daemon.readAll(world.routers)
    await daemon.clock.turn(FLUSH_MS + disk.refusingMs)
    disk.fault = undefined
    await daemon.clock.turn(9_000)
    expect(daemon.journal.state().kind).toBe('failing')
    await daemon.clock.turn(1_500)
    expect(daemon.journal.state().kind).toBe('writing')
    await daemon.stop()
  })

  it.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EMFILE'])(
    '%s is a disk’s fault: nothing is thrown',
    async code => {
      const world = newWorld()
      const disk = new MemoryDisk()
      const daemon = new ModelDaemon(world, disk, MAX_BYTES)
      await daemon.start()
      disk.fault = code
      expect(await daemon.readAll(world.routers)).toEqual([false, false, false])
      expect(daemon.journal.state().kind).toBe('failing')
      disk.fault = undefined
      await daemon.stop()
    },
  )

  it('a part of a frame that got to the disk is never followed by others', async () => {
    for (let room = 1; room < 400; room += 7) {
      const world = newWorld()
      const disk = new MemoryDisk()
      const daemon = new ModelDaemon(world, disk, MAX_BYTES)
      await daemon.start()
      await daemon.readAll(world.routers)
      disk.capacityBytes = disk.bytes + room
      await daemon.readAll(world.routers)
      disk.capacityBytes = Number.POSITIVE_INFINITY
      await daemon.readAll(world.routers)
      await daemon.halt()
      const after = new ModelDaemon(world, disk.crash(new Random(room)), MAX_BYTES)
      await after.start()
      expect(after.journal.damage).toEqual([])
      await after.stop()
    }
  })

  it('a reading that was adopted only after the disk was back leaves no gap', async () => {
    const world = newWorld()
    const [north = expect.fail()] = world.routers
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, MAX_BYTES)
    await daemon.start()
    await daemon.readAll([north])
    disk.fault = 'EIO'
    const adopt = await daemon.readWithoutAdopting(north)
    disk.fault = undefined
    await daemon.clock.turn(FLUSH_MS)
    adopt()
    expect(await daemon.readAll([north])).toEqual([true])
    await daemon.halt()
    const after = new ModelDaemon(world, disk.crash(new Random(1)), MAX_BYTES)
    await after.start()
    expect(world.of(north.key).truth).toHaveLength(4)
    await after.stop()
  })

  it('what was committed meanwhile is no gap', async () => {
    const world = newWorld()
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, MAX_BYTES)
    await daemon.start()
    await daemon.readAll(world.routers)
    disk.fault = 'EIO'
    await daemon.readAll(world.routers)
    for (const { key } of world.routers) daemon.commit(key)
    disk.fault = undefined
    await daemon.clock.turn(FLUSH_MS)
    const { paths } = disk
    await daemon.readAll(world.routers)
    expect(disk.paths).toEqual(paths)
    await daemon.stop()
  })

  it('a reading after `stop` is reported as not durable', async () => {
    const world = newWorld()
    const daemon = new ModelDaemon(world, new MemoryDisk(), MAX_BYTES)
    await daemon.start()
    await daemon.stop()
    expect(await daemon.readAll(world.routers)).toEqual([false, false, false])
  })
})

describe('damage', () => {
  it('a torn end is cut off, so that it is no damage when other segments follow', async () => {
    const world = newWorld()
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, MAX_BYTES)
    await daemon.start()
    await daemon.readAll(world.routers)
    await daemon.halt()
    const [path = expect.fail()] = disk.paths
    const whole = disk.contents(path)
    disk.put(path, Buffer.concat([whole, Buffer.from('half a fra')]))

    const after = disk.crash(new Random(1))
    const second = new ModelDaemon(world, after, MAX_BYTES)
    await second.start()
    expect(second.journal.damage).toEqual([{ segment: path, at: whole.length, bytes: 10, kind: 'torn' }])
    expect(after.contents(path)).toEqual(whole)
    await second.halt()
    expect(second.lines.lines).toEqual([expect.objectContaining({ level: 40, bytes: 10 })])
  })

  it('a wrong frame in the middle: the rest of its file is skipped, with an error in the log', async () => {
    const world = newWorld()
    const disk = new MemoryDisk()
    const daemon = new ModelDaemon(world, disk, MAX_BYTES)
    await daemon.start()
    for (let turn = 0; turn < 6; turn++) await daemon.readAll(world.routers)
    await daemon.halt()
    const [path = expect.fail()] = disk.paths
    const damaged = Buffer.from(disk.contents(path))
    const at = Math.floor(damaged.length * 0.8)
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at)
    disk.put(path, damaged)
    for (const { key } of world.routers) world.durable.set(key, 1)

    const second = new ModelDaemon(world, disk.crash(new Random(1)), MAX_BYTES)
    await second.start()
    expect(second.journal.damage).toEqual([expect.objectContaining({ segment: path, kind: 'broken' })])
    expect(second.lines.lines).toEqual([expect.objectContaining({ level: 50, path })])
    await second.halt()
  })

  it('a journal of another version stops the start', async () => {
    const world = newWorld()
    const disk = new MemoryDisk()
    const version = WRITTEN_FORMAT + 1
    const header = Buffer.from([...Buffer.from('tikjrnl'), version, 0, 0, 0, 0])
    header.writeUInt32LE(crc32(header.subarray(0, 8)), 8)
    disk.put('/journal/journal-00000001.log', header)
    await expect(new ModelDaemon(world, disk, MAX_BYTES).start()).rejects.toThrow(`has format ${version}`)
  })
})
