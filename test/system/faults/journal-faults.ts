import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { segmentName } from '../../../src/journal/files/segment-name.ts'
import { startRouter } from '../../harness/fleet/opened.ts'
import { SmallDisk } from '../daemon/small-disk.ts'
import type { Fault, Means } from './fault.ts'
import { goingOn } from './going-on.ts'
import { fatalOf, type Shown } from './shown.ts'

export const JOURNAL_FAULTS: readonly Fault[] = [
  {
    what: 'the journal’s disk is full',
    command: 'run',
    code: null,
    line: 'the journal cannot be written: readings continue, but until it can, they are lost if this process ends: ENOSPC: no space left on device, write: make room on its disk',
    provoke: async ({ place, database }) => {
      const disk = await smallDisk()
      if (typeof disk === 'string') return disk
      place.name(disk.folder, 'DISK')
      const { host, port } = await startRouter({})
      const router = { id: 'hq', host, port, username: 'usage', password: 'secret' }
      await place.configure({
        database: { url: database.url },
        journal: { directory: join(disk.folder, 'journal') },
        poll: { schedule: '* * * * * *' },
        tenants: [{ id: 'acme', routers: [router] }],
      })
      const daemon = await goingOn(place)
      await disk.fill()
      return daemon.said('the journal cannot be written')
    },
  },
  {
    what: 'the journal’s disk is read-only',
    command: 'run',
    code: 1,
    line: `could not start: the journal cannot be kept in DISK: EROFS: read-only file system, open 'DISK/lock-ID': its disk is mounted read-only: find out why, and mount it writable, or set journal.directory`,
    provoke: async means => {
      const disk = await smallDisk()
      if (typeof disk === 'string') return disk
      means.place.name(disk.folder, 'DISK')
      await promisify(execFile)('mount', ['-o', 'remount,ro', disk.folder])
      return journalIn(means, disk.folder)
    },
  },
  {
    what: 'the daemon may not write to the journal’s folder',
    command: 'run',
    code: 1,
    line: `could not start: the journal cannot be kept in DIR/journal: EACCES: permission denied, open 'DIR/journal/lock-ID': let the daemon’s user write there, or set journal.directory`,
    provoke: async ({ place, database, user }) => {
      if (typeof user === 'string') return user
      await place.giveTo(user)
      await mkdir(place.path('journal'), { mode: 0o555 })
      await place.configure({ database: { url: database.url } })
      return fatalOf(await place.run(['run'], { user }))
    },
  },
  {
    what: 'a file is where the journal’s folder should be',
    command: 'run',
    code: 1,
    line: `could not start: the journal cannot be kept in DIR/file: EEXIST: file already exists, mkdir 'DIR/file': a file is in the way: move it, or set journal.directory`,
    provoke: async means => journalIn(means, await means.place.write('file', '')),
  },
  {
    what: 'another daemon has the journal',
    command: 'run',
    code: 1,
    line: 'could not start: DIR/journal is the journal of process PID, which is running: stop that daemon, or give this one a journal.directory of its own',
    provoke: async means => {
      const { place, database } = means
      await place.configure({ database: { url: database.url } })
      await goingOn(place)
      return journalIn(means, place.path('journal'))
    },
  },
  {
    what: 'the journal is from a later release',
    command: 'run',
    code: 1,
    line: 'could not start: DIR/journal/journal-00000001.log has format 255, which this release does not know: start the release that wrote it and stop it in order, so that the database has everything',
    provoke: async means => {
      await mkdir(means.place.path('journal'))
      await writeFile(means.place.path(join('journal', segmentName(1))), laterSegment())
      return journalIn(means, means.place.path('journal'))
    },
  },
]

/** Mounts a small disk for the time of the test. @returns the reason if it cannot be mounted */
async function smallDisk(): Promise<SmallDisk | string> {
  const disk = await SmallDisk.mount()
  if (typeof disk !== 'string') onTestFinished(() => disk.unmount())
  return disk
}

async function journalIn({ place, database }: Means, directory: string): Promise<Shown> {
  await place.configure({ database: { url: database.url }, journal: { directory } })
  return fatalOf(await place.run(['run']))
}

/** The header of a segment in a later version of the format. */
function laterSegment(): Buffer {
  const head = Buffer.from('tikjrnl\xff\0\0\0\0', 'latin1')
  head.writeUInt32LE(crc32(head.subarray(0, 8)), 8)
  return head
}
