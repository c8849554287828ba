/*
 * Makes a fixture of what a release leaves in its journal when it is killed: `npx tsx test/journal/left/make.ts FOLDER`.
 *
 *     journal-….log   the segments after kill -9; nothing of them was committed
 *     tables.json     what the same release makes of them in the database
 */
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { segmentName, segmentNumbers } from '../../../src/journal/files/segment-name.ts'
import { createFleet } from '../../harness/fleet/fleet.ts'
import { query } from '../../harness/postgres/query.ts'
import { ScratchServer } from '../../harness/postgres/scratch-server.ts'
import { Scene } from '../../system/daemon/scene.ts'
import { LEFT_FLEET, tablesOf } from './tables.ts'

/** As it is in this tree. */
const PROGRAM = ['--import', import.meta.resolve('tsx'), 'src/cli.ts']
const STEPS = 30
const FLUSHED_MS = 1_000

async function main(into: string): Promise<void> {
  const postgres = await ScratchServer.create()
  const url = await postgres.start()
  const fleet = createFleet(LEFT_FLEET)
  await fleet.start()
  const scene = await Scene.create(fleet, {
    database: { url },
    commit: { interval: '1h' },
    journal: { directory: join(into, 'live') },
  })
  try {
    // The second daemon writes what the first one left as checkpoints, and continues.
    for (let life = 0; life < 2; life++) {
      const daemon = await scene.startDaemon(PROGRAM)
      for (let step = 0; step < STEPS; step++) {
        fleet.step()
        const read = fleet.routers.map(router => router.nextCommand('/interface/print'))
        if (step % 3 === 0) await Promise.all(read)
      }
      await sleep(FLUSHED_MS)
      await daemon.end('SIGKILL')
    }
    await fleet.stop()
    const left = segmentNumbers(await readdir(join(into, 'live')))
    for (const number of left)
      await copyFile(join(into, 'live', segmentName(number)), join(into, segmentName(number)))
    const [row] = await query<{ n: number }>(url, 'select sum(position)::int as n from routers')
    if (row?.n !== 0) throw new Error('something was committed')
    const next = await scene.startDaemon(PROGRAM)
    await next.end('SIGTERM')
    await writeFile(join(into, 'tables.json'), `${JSON.stringify(await tablesOf(url), undefined, 1)}\n`)
  } finally {
    await scene.end()
    await postgres.end()
  }
}

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('into which folder?')
await mkdir(folder, { recursive: true })
await main(folder)
