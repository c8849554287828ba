import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EmbeddedPostgres } from '../../src/postgres/embedded.ts'
import { findRunning } from '../../src/postgres/find-running.ts'
import { AsAccount, NOBODY } from './as-account.ts'
import {
  ask,
  embeddedAt,
  killedAt,
  makeHomeAt,
  postmasterPidAt,
  removeHome,
  socketOf,
} from './embedded-scene.ts'

/** Tries to open each file and folder, and the socket. */
const TRIES = `
const { connect, createServer } = require('node:net')
const fs = require('node:fs')
const [home, socketFolder, socket] = argv
const said = {}
const attempt = (name, work) => {
  try { work(); said[name] = 'done' } catch (error) { said[name] = error.code }
}
for (const name of ['password', 'password.daemon', 'postgres.log', 'data/postmaster.pid'])
  attempt('read ' + name, () => fs.readFileSync(home + '/' + name))
for (const folder of [home, socketFolder]) {
  attempt('list', () => fs.readdirSync(folder))
  attempt('write', () => fs.writeFileSync(folder + '/of-nobody', ''))
}
attempt('remove the socket', () => fs.unlinkSync(socket))
attempt('take its place', () => fs.symlinkSync('/tmp/of-nobody', socket))
const settle = outcome => { said.connect = outcome; listen() }
connect(socket).on('connect', () => settle('done')).on('error', error => settle(error.code))
const listen = () => {
  const tell = outcome => { said.listen = outcome; console.log(JSON.stringify(said)); process.exit() }
  createServer().on('error', error => tell(error.code)).listen(socket, () => tell('done'))
}
`

/** Listens on PostgreSQL's former port, or on the port with its socket's number. @returns what it received */
const LURE = `
const { createServer } = require('node:net')
const came = []
const [port, address] = argv
const server = createServer(socket => {
  socket.on('error', () => {}).on('data', bytes => came.push(bytes.toString('latin1')))
  came.push('connected')
})
const listen = () => server.listen(Number(port), address, () => console.log('listening'))
// The port may be in use for a moment.
server.on('error', () => setTimeout(listen, 100))
listen()
process.stdin.resume().once('end', () => {
  console.log(JSON.stringify(came))
  process.exit()
})
`

/** Starts a server until its port, a random number, is none that the system gives to outgoing connections. */
async function startedBesideConnections(directory: string): Promise<[EmbeddedPostgres, string]> {
  const postgres = killedAt(directory)
  const { url } = await postgres.start()
  const port = Number(new URL(url).port)
  if (port < 32_768 || port > 60_999) return [postgres, url]
  await postgres.stop()
  return startedBesideConnections(directory)
}

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-nobody-'))
  await chmod(folder, 0o711)
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

// Only root can become another account.
describe.skipIf(process.getuid?.() !== 0)('as nobody', () => {
  test.each([
    ['its home', 'postgres'],
    ['a folder elsewhere', join('long-'.repeat(20), 'postgres')],
  ])('nothing of a server can be reached whose socket is in %s', async (_, name) => {
    const at = join(folder, name)
    await makeHomeAt(at)
    const postgres = embeddedAt(at)
    try {
      const socket = socketOf((await postgres.start()).url)
      const tried = new AsAccount(NOBODY, TRIES, await realpath(at), dirname(socket), socket)
      const outcomes = await tried.output<Record<string, string>>()
      expect(Object.keys(outcomes)).toHaveLength(10)
      expect(new Set(Object.values(outcomes))).toEqual(new Set(['EACCES']))
    } finally {
      await postgres.stop()
      await removeHome(at)
    }
  })

  test('a listener on its port receives nothing, whether the server runs, was killed or is started', async () => {
    const at = join(folder, 'lured')
    await makeHomeAt(at)
    const [before, url] = await startedBesideConnections(at)
    const lures = ['127.0.0.1', '::1'].map(it => new AsAccount(NOBODY, LURE, new URL(url).port, it))
    await Promise.all(lures.map(it => it.begun()))
    expect(await ask((await findRunning(at)) ?? '', 'select 1 as one')).toEqual([{ one: 1 }])
    process.kill(await postmasterPidAt(at), 'SIGKILL')
    await expect(ask(url, 'select')).rejects.toThrow()
    const after = embeddedAt(at)
    try {
      expect(await ask((await after.start()).url, 'select 1 as one')).toEqual([{ one: 1 }])
      expect(await Promise.all(lures.map(it => it.end<string[]>()))).toEqual([[], []])
    } finally {
      await after.stop()
      await before.stop()
      await removeHome(at)
    }
  }, 60_000)
})
