import { chmodSync, copyFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readPair } from '../../src/config/fields/server-tls.ts'
import { CertificateWatch } from '../../src/daemon/certificate-watch.ts'
import { TestApi } from '../api/http/api-fixture.ts'
import { askSecurely } from '../harness/secure-client.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { Naps } from '../runtime/naps.ts'
import { takeDescriptors } from '../runtime/no-descriptors.ts'
import { rethrow } from '../runtime/rethrow.ts'

const CERTIFICATES = 'test/harness/fleet/certificates'
/** The serial numbers of server.pem and self-signed.pem there. */
const SERVER = '02'
const SELF_SIGNED = '03'
const RELOADED = [30, 'certificate reloaded']
const NOT_RELOADED = 'certificate not reloaded: the previous one stays in use'
const OTHER_KEY = 'server.tls.key is not the key of the certificate in cert'

let folder: string
let ends: (() => Promise<void>)[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tikmeter-certificate-'))
  ends = []
})

afterEach(async () => {
  for (const end of ends.toReversed()) await end()
  rmSync(folder, { recursive: true })
})

/** Replaces a file by one of the certificates. */
function put(name: string, as: 'cert.pem' | 'key.pem', where = folder): void {
  copyFileSync(join(CERTIFICATES, name), join(where, `${as}.new`))
  renameSync(join(where, `${as}.new`), join(where, as))
}

function putPair(name: string, where = folder): void {
  put(`${name}.pem`, 'cert.pem', where)
  put(`${name}-key.pem`, 'key.pem', where)
}

/** A watch over the files, with a real server that uses its certificates. */
async function watching(wall = '2026-03-01T00:00:00Z') {
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const found = readPair(files)
  if (found.kind === 'wrong') throw new Error(found.message)
  const api = await new TestApi({ server: { tls: found.value } }).start()
  const clock = new Naps()
  clock.setWall(wall)
  const lines = new LogLines()
  const serve = (pair: typeof found.value) => api.server.setCertificate(pair)
  const watch = new CertificateWatch({
    ...{ files, pair: found.value, serve, clock, log: lines.log, onBug: rethrow },
  })
  watch.start()
  ends.push(async () => {
    await watch.stop()
    await api.stop()
  })
  await clock.asleep
  const serial = async (agent?: Agent) => (await askSecurely(api.server.port, '/healthz', agent)).serialNumber
  const logged = () => lines.told.map(({ level, msg, reason }) => [level, msg, ...(reason ? [reason] : [])])
  /** Lets as many checks pass as it takes to load a change. */
  const look = async () => {
    await clock.turn()
    await clock.turn()
  }
  return { watch, files, clock, serial, logged, look, lines }
}

describe('a certificate that changed', () => {
  it('is loaded later if there is no file descriptor to read it', async () => {
    putPair('server')
    const { serial, look, logged } = await watching()
    putPair('self-signed')
    const giveBack = takeDescriptors()
    await look()
    await giveBack()
    expect(logged()).toEqual([[50, NOT_RELOADED, expect.stringContaining('LimitNOFILE')]])
    await look()
    expect(await serial()).toBe(SELF_SIGNED)
    expect(logged().at(-1)).toEqual(RELOADED)
  })

  it('is used for new connections, and open ones stay', async () => {
    putPair('server')
    const { serial, look, logged, lines, files } = await watching()
    const kept = new Agent({ keepAlive: true, maxSockets: 1 })
    ends.push(async () => kept.destroy())
    expect([await serial(kept), await serial()]).toEqual([SERVER, SERVER])
    putPair('self-signed')
    await look()
    expect([await serial(kept), await serial()]).toEqual([SERVER, SELF_SIGNED])
    expect(logged()).toEqual([RELOADED])
    expect(lines.told[0]).toMatchObject({
      ...{ cert: files.cert, serialNumber: SELF_SIGNED, expiresAt: '2120-01-01T00:00:00.000Z' },
    })
  })

  it('is loaded once its files no longer change, together with its key', async () => {
    putPair('server')
    const { serial, clock, logged } = await watching()
    await clock.turn()
    put('self-signed.pem', 'cert.pem')
    await clock.turn()
    put('self-signed-key.pem', 'key.pem')
    await clock.turn()
    expect([await serial(), logged()]).toEqual([SERVER, []])
    await clock.turn()
    expect([await serial(), logged()]).toEqual([SELF_SIGNED, [RELOADED]])
  })

  it('is noticed behind links to the files or their folder', async () => {
    const [live, archive, next] = ['live', 'archive', 'next'].map(name => join(folder, name))
    if (!live || !archive || !next) throw new Error('three names are three folders')
    for (const [pair, where] of [
      ['server', archive],
      ['self-signed', next],
    ] as const) {
      await mkdir(where)
      putPair(pair, where)
    }
    const link = (target: string, path: string) => {
      symlinkSync(target, `${path}.new`)
      renameSync(`${path}.new`, path)
    }
    link(archive, live)
    for (const name of ['cert.pem', 'key.pem']) link(join(live, name), join(folder, name))
    const { serial, look } = await watching()
    link(next, live)
    await look()
    expect(await serial()).toBe(SELF_SIGNED)
    for (const name of ['cert.pem', 'key.pem']) link(join(archive, name), join(folder, name))
    await look()
    expect(await serial()).toBe(SERVER)
  })

  it.each([
    ['is another key’s', () => put('self-signed.pem', 'cert.pem'), 'server.tls.key is not the key'],
    ['is none', () => put('server-key.pem', 'cert.pem'), 'server.tls.cert must name a PEM file'],
    ['has a key that is none', () => put('server.pem', 'key.pem'), 'server.tls.key must name a PEM file'],
    ['is half written', () => writeFileSync(join(folder, 'cert.pem'), '-----BEGIN CERT'), 'server.tls.cert'],
    ['is gone', () => rmSync(join(folder, 'cert.pem')), 'server.tls.cert cannot be read: there is no such'],
    ['has expired', () => putPair('expired'), 'server.tls.cert has expired'],
    ['is too weak', () => putPair('short-key'), 'server.tls cannot be used'],
  ])(
    'and %s leaves the previous one, is logged once, and is corrected by the next',
    async (_, spoil, reason) => {
      putPair('server')
      const { serial, look, logged, watch } = await watching()
      spoil()
      await look()
      await look()
      expect(await serial()).toBe(SERVER)
      expect(watch.expiresAt).toEqual(new Date('2120-01-01T00:00:00Z'))
      expect(logged()).toEqual([[50, NOT_RELOADED, expect.stringContaining(reason)]])
      putPair('self-signed')
      await look()
      expect(await serial()).toBe(SELF_SIGNED)
      expect(logged().slice(1)).toEqual([RELOADED])
    },
  )

  it('to a bad one and back is logged, and changes nothing', async () => {
    putPair('server')
    const { serial, look, logged } = await watching()
    put('self-signed-key.pem', 'key.pem')
    await look()
    putPair('server')
    await look()
    expect(await serial()).toBe(SERVER)
    expect(logged()).toEqual([[50, NOT_RELOADED, OTHER_KEY], RELOADED])
  })

  it('only in its files’ time or mode is ignored', async () => {
    putPair('server')
    const { look, logged, files } = await watching()
    chmodSync(files.key, 0o600)
    putPair('server')
    await look()
    expect(logged()).toEqual([])
  })
})

describe('a reload of the config', () => {
  it('loads the certificate at once, of other files too', async () => {
    putPair('server')
    const { watch, serial, logged, files } = await watching()
    putPair('self-signed')
    watch.reload(files)
    expect(await serial()).toBe(SELF_SIGNED)
    watch.reload({
      cert: join(CERTIFICATES, 'server.pem'),
      key: join(CERTIFICATES, 'server-key.pem'),
    })
    expect(await serial()).toBe(SERVER)
    expect(logged()).toEqual([RELOADED, RELOADED])
  })

  it('with a bad one is logged once, by the reload or the next check', async () => {
    putPair('server')
    const { watch, files, look, logged } = await watching()
    put('self-signed-key.pem', 'key.pem')
    watch.reload(files)
    watch.reload(files)
    await look()
    expect(logged()).toEqual([[50, NOT_RELOADED, OTHER_KEY]])
  })
})

describe('a certificate that is served', () => {
  it('causes a warning two weeks before it expires, and one when it has expired', async () => {
    putPair('server')
    const { clock, look, logged } = await watching('2119-12-17T23:00:00Z')
    await look()
    expect(logged()).toEqual([])
    clock.setWall('2119-12-18T01:00:00Z')
    await look()
    await look()
    expect(logged()).toEqual([[40, 'the certificate expires soon']])
    clock.setWall('2120-01-01T00:00:00Z')
    await look()
    expect(logged().slice(1)).toEqual([[40, 'the certificate has expired']])
  })
})
