import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { EnvFile } from '../../src/config/env-file.ts'
import { NoThread } from '../../src/config/load-apart.ts'
import { type LoadedWarned, loadWarned } from '../../src/config/load-warned.ts'
import { ConfigFile, type ConfigFileOptions } from '../../src/daemon/config-file.ts'
import { AUTH, ENV, SECRET } from '../config/config-text.ts'
import { Observations } from '../harness/observations.ts'
import { held, Unavailable } from '../recording/recorder-scene.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { Naps } from '../runtime/naps.ts'
import { takeDescriptors } from '../runtime/no-descriptors.ts'

const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** @param meanwhile called between loading the file and watching it */
async function watching(
  apply?: (config: Config) => Promise<readonly string[]>,
  meanwhile?: (file: string) => void,
  load: ConfigFileOptions['load'] = async (file, env) => loadWarned(file, env),
) {
  const before = process.listenerCount('SIGHUP')
  const directory = mkdtempSync(join(tmpdir(), 'tikmeter-config-'))
  const file = join(directory, 'tikmeter.yaml')
  writeFileSync(file, textOf('one'))
  const clock = new Naps()
  const lines = new LogLines()
  const applied: string[] = []
  const bugs: unknown[] = []
  const record = async (config: Config) => {
    applied.push(config.tenants.map(tenant => tenant.id).join(' '))
    return (await apply?.(config)) ?? []
  }
  const observer = new Observations()
  const env = { ...ENV }
  const envFile = new EnvFile(join(directory, '.env'), env)
  const configFile = new ConfigFile({
    ...{ file, include: [], env, envFile, load, apply: record, observer, clock, log: lines.log },
    onBug: error => bugs.push(error),
  })
  await configFile.note()
  meanwhile?.(file)
  configFile.start()
  ends.push(async () => {
    await configFile.stop()
    rmSync(directory, { recursive: true })
    expect(process.listenerCount('SIGHUP')).toBe(before)
  })
  await clock.asleep
  return { file, envFile, clock, lines, applied, bugs, configFile, observed: observer.all }
}

function textOf(tenant: string): string {
  return `${AUTH}\ntenants: [{ id: ${tenant}, routers: [] }]\n`
}

/** Resolves when all listeners have been called for the signal. */
async function hangUp(): Promise<void> {
  const heard = once(process, 'SIGHUP')
  process.kill(process.pid, 'SIGHUP')
  await heard
}

describe('the config file of a running daemon', () => {
  it('is applied when it changes, and only then', async () => {
    const { file, clock, applied, lines } = await watching()
    await clock.turn()
    expect(applied).toEqual([])
    writeFileSync(file, textOf('another'))
    await clock.turn()
    await clock.turn()
    expect(applied).toEqual(['another'])
    expect(lines.lines).toMatchObject([{ msg: 'config reloaded', tenants: 1 }])
  })

  it('may be replaced by another file, as editors do, and be missing meanwhile', async () => {
    const { file, clock, applied, lines } = await watching()
    renameSync(file, `${file}.old`)
    await clock.turn()
    expect(lines.lines).toEqual([])
    writeFileSync(`${file}.new`, textOf('two'))
    renameSync(`${file}.new`, file)
    await clock.turn()
    await clock.turn()
    expect(applied).toEqual(['two'])
  })

  it('is loaded only once it is completely written, even if its first part has no fault', async () => {
    const { file, clock, applied } = await watching()
    writeFileSync(file, textOf('half'))
    await clock.turn()
    writeFileSync(file, textOf('whole'))
    await clock.turn()
    expect(applied).toEqual([])
    await clock.turn()
    expect(applied).toEqual(['whole'])
  })

  it('includes files, each of which may change, come and go', async () => {
    const { file, clock, applied, lines, configFile, observed } = await watching()
    const look = async (count: number) => {
      for (let turn = 0; turn < count; turn++) await clock.turn()
    }
    const included = (name: string) => join(dirname(file), 'tenants.d', name)
    mkdirSync(included('.'))
    writeFileSync(included('a.yaml'), 'tenants: [{ id: a, routers: [] }]')
    writeFileSync(file, `${AUTH}\ninclude: [tenants.d/*.yaml]\n`)
    await look(4)
    expect(applied).toEqual(['a'])
    expect(configFile.state.files).toBe(2)
    writeFileSync(included('b.yaml'), 'tenants: [{ id: b, rooters: [] }]')
    await look(4)
    expect(applied).toEqual(['a'])
    expect(lines.lines.at(-1)).toMatchObject({ faults: expect.stringMatching(/b\.yaml:1:20 /) })
    writeFileSync(included('b.yaml'), 'tenants: [{ id: b, routers: [] }]')
    await look(4)
    rmSync(included('a.yaml'))
    await look(4)
    rmSync(included('b.yaml'))
    await look(4)
    expect(applied).toEqual(['a', 'a b', 'b', ''])
    expect(observed).toEqual(['applied', 'faulty', 'applied', 'applied', 'applied'])
    expect(lines.messages.slice(-2)).toEqual(['an include of the config matches no file', 'config reloaded'])
  })

  it('may include links whose folder is swapped, as in a ConfigMap', async () => {
    const { file, clock, applied } = await watching()
    const folder = join(dirname(file), 'tenants.d')
    const version = (id: string) => {
      mkdirSync(join(folder, `..${id}`), { recursive: true })
      writeFileSync(join(folder, `..${id}`, 'a.yaml'), `tenants: [{ id: ${id}, routers: [] }]`)
      symlinkSync(`..${id}`, join(folder, '..new'))
      renameSync(join(folder, '..new'), join(folder, '..data'))
    }
    version('one')
    symlinkSync('..data/a.yaml', join(folder, 'a.yaml'))
    writeFileSync(file, `${AUTH}\ninclude: [tenants.d/*.yaml]\n`)
    for (let look = 0; look < 3; look++) await clock.turn()
    version('two')
    for (let look = 0; look < 3; look++) await clock.turn()
    expect(applied).toEqual(['one', 'two'])
  })

  it('is applied if it changed while the daemon was starting', async () => {
    const { clock, applied } = await watching(undefined, file => writeFileSync(file, textOf('two')))
    await clock.turn()
    await clock.turn()
    expect(applied).toEqual(['two'])
  })

  it('is ignored if it has faults, each is logged with its line, and the next one without is applied', async () => {
    const { file, clock, applied, lines, configFile, observed } = await watching()
    const { appliedAt } = configFile.state
    expect(configFile.state.isApplied).toBe(true)
    writeFileSync(file, `${AUTH}\ntenants: [{ id: two, timezone: Nowhere, router: [] }]\n`)
    await clock.turn()
    await clock.turn()
    expect(applied).toEqual([])
    expect(configFile.state).toEqual({ isApplied: false, appliedAt, files: 1 })
    expect(lines.lines).toMatchObject([
      {
        msg: 'config not reloaded: it has faults',
        faults: expect.stringMatching(/tikmeter.yaml:2:\d+ tenants\[0\]/),
      },
    ])
    writeFileSync(file, textOf('two'))
    await clock.turn()
    await clock.turn()
    expect(applied).toEqual(['two'])
    expect(configFile.state.isApplied).toBe(true)
    expect(observed).toEqual(['faulty', 'applied'])
  })

  it('is not faulty if there is no file descriptor to read it, and is applied once there is one', async () => {
    const { file, clock, applied, lines, observed } = await watching()
    writeFileSync(file, textOf('two'))
    const giveBack = takeDescriptors()
    for (let look = 0; look < 4; look++) await clock.turn()
    await giveBack()
    expect(applied).toEqual([])
    expect(lines.lines).toMatchObject([
      { msg: 'config not loaded yet', advice: expect.stringContaining('LimitNOFILE') },
    ])
    await clock.turn()
    expect(applied).toEqual(['two'])
    expect([...new Set(observed)]).toEqual(['failed', 'applied'])
  })

  it('gets the variables that .env has by now, whichever of the two was changed first', async () => {
    const { file, envFile, clock, applied, lines } = await watching()
    const look = async () => {
      for (let turn = 0; turn < 2; turn++) await clock.turn()
    }
    writeFileSync(file, textOf('two').replace('TIKMETER_SECRET', 'LATER'))
    await look()
    expect(lines.lines).toMatchObject([
      { faults: expect.stringContaining('needs LATER from the environment') },
    ])
    writeFileSync(envFile.path, `LATER=${SECRET}\n`)
    await look()
    writeFileSync(envFile.path, `LATER=${SECRET}\nNEXT=${SECRET}\n`)
    await look()
    writeFileSync(file, textOf('three').replace('TIKMETER_SECRET', 'NEXT'))
    await look()
    expect(applied).toEqual(['two', 'two', 'three'])
  })

  it('gets the variables of .env at SIGHUP, and no longer those of removed lines', async () => {
    const { file, envFile, clock, applied, lines } = await watching()
    writeFileSync(file, textOf('two').replace('TIKMETER_SECRET', 'LATER'))
    writeFileSync(envFile.path, `LATER=${SECRET}\n`)
    await hangUp()
    await clock.asleep
    expect(applied).toEqual(['two'])
    writeFileSync(envFile.path, '')
    await hangUp()
    await clock.asleep
    expect(applied).toEqual(['two'])
    expect(lines.lines.at(-1)).toMatchObject({ faults: expect.stringContaining('needs LATER') })
  })

  it('is not reloaded without a reason if .env cannot be read', async () => {
    const { file, envFile, clock, lines } = await watching()
    writeFileSync(envFile.path, Buffer.from('\ufeffLATER=1\n', 'utf16le'))
    writeFileSync(file, textOf('two').replace('TIKMETER_SECRET', 'LATER'))
    for (let turn = 0; turn < 2; turn++) await clock.turn()
    const { faults } = lines.lines.at(-1) ?? {}
    expect(String(faults).split('\n')).toEqual([
      `.env is UTF-16, save it as UTF-8: ${envFile.path}`,
      expect.stringContaining('needs LATER from the environment'),
    ])
  })

  it('is applied with a warning if it has one router twice', async () => {
    const { file, clock, applied, lines } = await watching()
    const router = (id: string) => `{ id: ${id}, host: 10.1.0.1, username: u, password: p }`
    writeFileSync(file, `${AUTH}\ntenants: [{ id: two, routers: [${router('a')}, ${router('b')}] }]\n`)
    await clock.turn()
    await clock.turn()
    expect(applied).toEqual(['two'])
    expect(lines.lines).toMatchObject([
      {
        msg: 'a router is in the config twice',
        count: 1,
        at: expect.stringMatching(/tikmeter.yaml:2:\d+ tenants\[0\]\.routers\[1\]\.host: .* two\/a /),
      },
      { msg: 'config reloaded' },
    ])
  })

  it('is applied at SIGHUP, changed or not', async () => {
    const { clock, applied } = await watching()
    await hangUp()
    await clock.asleep
    expect(applied).toEqual(['one'])
  })

  it('is applied again if the signal comes while it is being applied', async () => {
    let isFirst = true
    const { file, clock, applied } = await watching(async () => {
      if (!isFirst) return []
      isFirst = false
      await hangUp()
      return []
    })
    writeFileSync(file, textOf('two'))
    await clock.turn()
    await clock.turn()
    expect(applied).toEqual(['two', 'two'])
  })

  it('sets the level of the log', async () => {
    const { file, clock, lines } = await watching()
    writeFileSync(file, `${textOf('two')}log: { level: error }\n`)
    await clock.turn()
    await clock.turn()
    expect(lines.log.level).toBe('error')
    writeFileSync(file, textOf('three'))
    await clock.turn()
    await clock.turn()
    expect(lines.log.level).toBe('info')
  })

  it('logs the keys whose change requires a restart', async () => {
    const { file, clock, lines } = await watching(async () => ['bucket', 'server'])
    writeFileSync(file, textOf('two'))
    await clock.turn()
    await clock.turn()
    expect(lines.lines.at(-1)).toMatchObject({ keys: ['bucket', 'server'], level: 40 })
  })

  it('is tried until it can be applied, and that is logged once', async () => {
    let isGone = true
    const { file, clock, lines, applied, configFile, observed } = await watching(async () => {
      if (isGone) throw new Unavailable('the config is not in the database')
      return []
    })
    writeFileSync(file, textOf('two'))
    await clock.turn()
    await clock.turn()
    await clock.turn()
    expect(configFile.state.isApplied).toBe(false)
    isGone = false
    await clock.turn()
    await clock.turn()
    expect(applied).toEqual(['two', 'two', 'two'])
    expect(lines.messages).toEqual(['config not reloaded yet', 'config reloaded'])
    expect([...new Set(observed)]).toEqual(['failed', 'applied'])
  })

  it('is tried until it can be loaded, and that is logged once', async () => {
    let isFull = true
    const load = async (file: string, env: NodeJS.ProcessEnv): Promise<LoadedWarned> => {
      if (isFull) throw new NoThread('no room')
      return loadWarned(file, env)
    }
    const { file, clock, lines, applied, configFile, observed } = await watching(undefined, undefined, load)
    writeFileSync(file, textOf('two'))
    for (let look = 0; look < 3; look++) await clock.turn()
    expect(configFile.state.isApplied).toBe(false)
    isFull = false
    await clock.turn()
    expect(applied).toEqual(['two'])
    expect(lines.messages).toEqual(['config not loaded yet', 'config reloaded'])
    expect([...new Set(observed)]).toEqual(['failed', 'applied'])
  })

  it('is not applied if it is still being loaded when the daemon stops', async () => {
    const { promise, release } = held(undefined)
    const { file, clock, configFile, applied } = await watching(undefined, undefined, () => promise)
    writeFileSync(file, textOf('two'))
    await clock.turn()
    void clock.turn()
    const stopped = configFile.stop()
    release()
    await stopped
    expect(applied).toEqual([])
  })

  it('is no longer watched after a bug, which is reported', async () => {
    const { file, clock, bugs } = await watching(async () => {
      throw new TypeError('a bug')
    })
    writeFileSync(file, textOf('two'))
    await clock.turn()
    void clock.turn()
    await expect.poll(() => bugs).toEqual([new TypeError('a bug')])
  })

  it('is no longer read once the daemon stops', async () => {
    const { file, configFile, applied } = await watching()
    writeFileSync(file, textOf('two'))
    await configFile.stop()
    expect(applied).toEqual([])
  })
})
