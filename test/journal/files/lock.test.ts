import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { JournalInUse, lockDirectory } from '../../../src/journal/files/lock.ts'

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tikmeter-lock-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

/** @returns the pid of a process that is gone */
async function deadPid(): Promise<number> {
  const child = spawn('true')
  await once(child, 'exit')
  return child.pid ?? expect.fail()
}

it('a directory that is taken is refused, with the process that has it', async () => {
  const directory = await newDirectory()
  const unlock = await lockDirectory(directory)
  await expect(lockDirectory(directory)).rejects.toThrow(JournalInUse)
  await expect(lockDirectory(directory)).rejects.toThrow(`${process.pid}`)
  await unlock()
  expect(await readdir(directory)).toEqual([])
  await (await lockDirectory(directory))()
})

it('the lock of a process that is gone is taken over', async () => {
  const directory = await newDirectory()
  await writeFile(join(directory, 'lock'), `${await deadPid()} then/12345 token\n`)
  await (await lockDirectory(directory))()
  expect(await readdir(directory)).toEqual([])
})

it('so is that of an earlier process with our own pid, as each run in a container has', async () => {
  const directory = await newDirectory()
  await writeFile(join(directory, 'lock'), `${process.pid} then/12345 token\n`)
  await (await lockDirectory(directory))()
})

it('so is one that a power cut emptied', async () => {
  const directory = await newDirectory()
  await writeFile(join(directory, 'lock'), '')
  await (await lockDirectory(directory))()
})

it('of many that come at the same time, one gets it', async () => {
  const directory = await newDirectory()
  await writeFile(join(directory, 'lock'), `${await deadPid()} then/12345 token\n`)
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(directory)))
  expect(tries.filter(it => it.status === 'fulfilled')).toHaveLength(1)
  expect(await readdir(directory)).toEqual(['lock'])
})

it('who lets go late leaves the lock of the next alone', async () => {
  const directory = await newDirectory()
  const unlock = await lockDirectory(directory)
  await rm(join(directory, 'lock'))
  const unlockNext = await lockDirectory(directory)
  await unlock()
  await expect(lockDirectory(directory)).rejects.toThrow(JournalInUse)
  await unlockNext()
})
