import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Supervisor } from '../../src/runtime/supervisor.ts'
import { Watchdog } from '../../src/runtime/watchdog.ts'
import { HandClock } from './hand-clock.ts'
import { LogLines } from './log-lines.ts'
import { rethrow } from './rethrow.ts'
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

/** Sends all notifications to a supervisor, in a process that ends after the last one. */
function tell(options: { env?: NodeJS.ProcessEnv; isForked?: boolean }) {
  const PATH = `${directory}${delimiter}${process.env['PATH']}`
  return runScript(
    `
    import { Supervisor } from './src/runtime/supervisor.ts'
    const supervisor = new Supervisor(process.env)
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
  it('is notified that the daemon is ready', async () => {
    const { messages, code } = await tell({ isForked: true })
    expect(messages).toEqual(['ready'])
    expect(code).toBe(0)
  })

  it('is not notified without a channel', async () => {
    expect(await tell({})).toMatchObject({ code: 0, messages: [], stderr: '' })
  })
})

describe('systemd', () => {
  it('is notified that the daemon is ready, and that it stops, with the daemon’s own process id', async () => {
    const { stdout } = await tell({ env: { NOTIFY_SOCKET: '/run/notify' } })
    const pid = stdout.trim()
    expect(calls()).toEqual([`/run/notify --pid=${pid} --ready`, `/run/notify --pid=${pid} --stopping`])
  })

  it('is not called if it did not start the daemon', async () => {
    await tell({})
    expect(() => calls()).toThrow()
  })

  it('may lack its program, and the daemon continues', async () => {
    rmSync(join(directory, 'systemd-notify'))
    const { code, stderr } = await tell({ env: { NOTIFY_SOCKET: '/run/notify' } })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('the watchdog', () => {
  it('is fed at half its time while the work makes progress, and not while any of it is stuck', async () => {
    const clock = new HandClock('2026-03-01T00:00:00Z')
    const lines = new LogLines()
    const PATH = `${directory}${delimiter}${process.env['PATH']}`
    const env = { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '60000000', PATH }
    const works = { poller: { isStuck: false }, commits: { isStuck: false } }
    const watchdog = new Watchdog({
      ...{ supervisor: new Supervisor(env), works, clock, log: lines.log, onBug: rethrow },
    })
    watchdog.start()
    const fed = () => calls().filter(call => call.endsWith('WATCHDOG=1')).length
    await expect.poll(fed).toBe(1)
    await clock.turn(30_000)
    await expect.poll(fed).toBe(2)
    works.commits.isStuck = true
    await clock.turn(30_000)
    expect(lines.lines).toMatchObject([{ level: 50, stuck: ['commits'] }])
    works.commits.isStuck = false
    await clock.turn(30_000)
    await expect.poll(fed).toBe(3)
    await watchdog.stop()
    expect(clock.sleepers).toBe(0)
  })

  it('that was not requested is not fed', async () => {
    const clock = new HandClock('2026-03-01T00:00:00Z')
    const { log } = new LogLines()
    const works = { poller: { isStuck: false } }
    const watchdog = new Watchdog({
      ...{ supervisor: new Supervisor({}), works, clock, log, onBug: rethrow },
    })
    watchdog.start()
    await clock.turn(0)
    expect(clock.sleepers).toBe(0)
    await watchdog.stop()
  })
})
