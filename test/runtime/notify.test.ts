import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Supervisor } from '../../src/runtime/notify.ts'
import { HandClock } from './hand-clock.ts'
import { runScript } from './run-script.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tikmeter-notify-'))
  const program = join(directory, 'systemd-notify')
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${directory}/calls\n`)
  chmodSync(program, 0o755)
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

/** Tells a supervisor everything, in a process that ends when all has been told. */
function tell(options: { env?: NodeJS.ProcessEnv; isForked?: boolean }) {
  const PATH = `${directory}${delimiter}${process.env['PATH']}`
  return runScript(
    `
    import { systemClock } from './src/runtime/clock.ts'
    import { Supervisor } from './src/runtime/notify.ts'
    const supervisor = new Supervisor({ env: process.env, clock: systemClock })
    supervisor.ready()
    supervisor.stopping()
    console.log(process.pid)
  `,
    { ...options, env: { NOTIFY_SOCKET: undefined, ...options.env, PATH } },
  )
}

function calls(): string[] {
  return readFileSync(join(directory, 'calls'), 'utf8').trim().split('\n').sort()
}

describe('PM2', () => {
  it('is told that the daemon is ready', async () => {
    const { messages, code } = await tell({ isForked: true })
    expect(messages).toEqual(['ready'])
    expect(code).toBe(0)
  })

  it('is not there without a channel, and nothing is missed', async () => {
    expect(await tell({})).toMatchObject({ code: 0, messages: [], stderr: '' })
  })
})

describe('systemd', () => {
  it('is told that the daemon is ready, and that it stops, by the daemon’s own process id', async () => {
    const { stdout } = await tell({ env: { NOTIFY_SOCKET: '/run/notify' } })
    const pid = stdout.trim()
    expect(calls()).toEqual([`/run/notify --pid=${pid} --ready`, `/run/notify --pid=${pid} --stopping`])
  })

  it('is not called where it is not the one who started the daemon', async () => {
    await tell({})
    expect(() => calls()).toThrow()
  })

  it('is missing its program, and the daemon goes on', async () => {
    rmSync(join(directory, 'systemd-notify'))
    const { code, stderr } = await tell({ env: { NOTIFY_SOCKET: '/run/notify' } })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('the watchdog', () => {
  it('is petted at half its time for as long as the daemon runs', async () => {
    const clock = new HandClock('2026-03-01T00:00:00Z')
    const supervisor = new Supervisor({ env: { WATCHDOG_USEC: '60000000' }, clock })
    const stop = new AbortController()
    const ended = supervisor.watch(stop.signal)
    for (let round = 0; round < 3; round++) {
      expect(clock.sleepers).toBe(1)
      await clock.turn(30_000)
    }
    stop.abort()
    await ended
    expect(clock.sleepers).toBe(0)
  })

  it('that was not asked for is not petted', async () => {
    const supervisor = new Supervisor({ env: {}, clock: new HandClock('2026-03-01T00:00:00Z') })
    await supervisor.watch(new AbortController().signal)
  })
})
