import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { nodeDisk } from '../../../src/journal/files/node-disk.ts'
import { Journal } from '../../../src/journal/journal.ts'
import type { JournalRecord } from '../../../src/journal/record.ts'
import type { DecisionRecord } from '../../../src/recording/journal-port.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { LogLines } from '../../runtime/log-lines.ts'
import { allRecords } from '../all-records.ts'
import { BusyRouter } from '../busy-router.ts'
import { Random } from '../random.ts'

const run = promisify(execFile)

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tikmeter-journal-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

/** `undefined` if we may not mount: then there is no small disk to fill. */
async function smallDisk(): Promise<string | undefined> {
  const directory = await newDirectory()
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]).then(
    () => true,
    () => false,
  )
  if (!mounted) return undefined
  onTestFinished(async () => {
    await run('umount', ['-l', directory])
  })
  return directory
}

function newJournal(directory: string): Journal {
  const clock = new HandClock('2026-11-24T09:00:00Z')
  return new Journal({
    directory,
    maxBytes: 1e6,
    disk: nodeDisk,
    clock,
    log: new LogLines().log,
    pending: () => [],
  })
}

async function read(journal: Journal): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = []
  for await (const record of allRecords(journal)) records.push(record)
  return records
}

function decisions(count: number, sessions: number): readonly DecisionRecord[] {
  const router = new BusyRouter({ name: 'north', sessions, churn: 0, random: new Random(1) })
  return Array.from({ length: count }, (_, at) => ({
    ...({ kind: 'decision', router: router.key, epoch: 1, position: at + 1 } as const),
    decision: router.next(5),
  }))
}

it('what was appended is read back from real files, which are ours alone', async () => {
  const directory = join(await newDirectory(), 'made', 'by', 'us')
  const records = decisions(5, 10)
  const first = newJournal(directory)
  await first.start()
  expect(await read(first)).toEqual([])
  const appending = Promise.all(records.map(record => first.append(record)))
  await first.stop()
  expect(await appending).not.toContain(false)
  expect(await readdir(directory)).toEqual(['journal-00000001.log'])
  expect((await stat(join(directory, 'journal-00000001.log'))).mode & 0o777).toBe(0o600)

  const second = newJournal(directory)
  await second.start()
  expect(await read(second)).toStrictEqual(records)
  await expect(newJournal(directory).start()).rejects.toThrow(/is the journal of process/)
  await second.stop()
})

it('a directory that cannot be created is a clear error', async () => {
  await expect(newJournal('/dev/null/journal').start()).rejects.toMatchObject({
    name: 'DiskFailure',
    retryable: true,
  })
})

it('a file that is there already is not written over', async () => {
  const directory = await newDirectory()
  await mkdir(join(directory, 'journal-00000001.log'))
  await expect(nodeDisk.create(join(directory, 'journal-00000001.log'))).rejects.toMatchObject({
    code: 'EEXIST',
  })
})

it('a real disk that is full takes no reading, and has those from before', async context => {
  const directory = await smallDisk()
  if (directory === undefined) return context.skip('only root may mount a small disk to fill')
  const clock = new HandClock('2026-11-24T09:00:00Z')
  const log = new LogLines()
  const journal = new Journal({
    ...{ directory, maxBytes: 1e6, disk: nodeDisk, clock, log: log.log },
    pending: () => [],
  })
  await journal.start()
  await read(journal)
  const abort = new AbortController()
  const running = journal.run(abort.signal)
  const records = decisions(40, 200)
  const durable: DecisionRecord[] = []
  for (const record of records) {
    const appending = journal.append(record)
    await clock.turn(250)
    if (!(await appending)) break
    durable.push(record)
  }
  expect(durable.length).toBeGreaterThan(5)
  expect(durable.length).toBeLessThan(records.length)
  expect(journal.state()).toMatchObject({ kind: 'failing', reason: expect.stringContaining('ENOSPC') })
  expect(log.lines).toEqual([expect.objectContaining({ advice: 'make room on its disk' })])
  abort.abort()
  await running
  await journal.stop()
  const after = newJournal(directory)
  await after.start()
  expect(await read(after)).toStrictEqual(durable)
  await after.stop()
})
