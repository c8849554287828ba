import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { daemonId } from '../../../src/journal/files/daemon-id.ts'

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tikmeter-daemon-id-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

it('a daemon keeps its id over restarts, so that it takes its own routers back at once', async () => {
  const journal = join(directory, 'data', 'journal')
  const id = await daemonId(journal)
  expect(id).toMatch(UUID)
  expect(await daemonId(journal)).toBe(id)
  expect(await readdir(journal)).toEqual(['daemon-id'])
})

it('its directory is closed to others from the first, and what is above it is not', async () => {
  const umask = process.umask(0o022)
  await daemonId(join(directory, 'data', 'journal')).finally(() => process.umask(umask))
  expect((await stat(join(directory, 'data', 'journal'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(directory, 'data'))).mode & 0o777).toBe(0o755)
})

it('two daemons have two ids', async () => {
  const ids = [await daemonId(join(directory, 'a')), await daemonId(join(directory, 'b'))]
  expect(new Set(ids).size).toBe(2)
})

it.each(['', 'half-a-uu', 'ABC\n'])(
  'an id that was written in part is another one from then on: %j',
  async text => {
    await writeFile(join(directory, 'daemon-id'), text)
    const id = await daemonId(directory)
    expect(id).toMatch(UUID)
    expect(await readFile(join(directory, 'daemon-id'), 'utf8')).toBe(`${id}\n`)
    expect(await daemonId(directory)).toBe(id)
  },
)

it('if it cannot be kept it differs at each start', async () => {
  const file = join(directory, 'a-file')
  await writeFile(file, '')
  const ids = [await daemonId(file), await daemonId(file)]
  for (const id of ids) expect(id).toMatch(UUID)
  expect(new Set(ids).size).toBe(2)
})
