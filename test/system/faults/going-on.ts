import { readFileSync } from 'node:fs'
import { inject, onTestFinished } from 'vitest'
import { DaemonProcess } from '../daemon/daemon-process.ts'
import { until } from '../daemon/scene.ts'
import type { Place } from './place.ts'
import type { Shown } from './shown.ts'

interface Line {
  readonly msg: string
  readonly router?: string
  readonly reason?: string
  readonly at?: string
  readonly faults?: string
  readonly advice?: string
  readonly err?: { readonly message: string }
}

/** A daemon that continues to run despite a fault; it is stopped in order when the test ends. */
export interface GoingOn {
  readonly port: number
  readonly pid: number
  signal(signal: NodeJS.Signals): void
  /** Resolves with the first line of its log that begins with `words`, once there is one. */
  said(words: string): Promise<Shown>
}

/** @param launcher the command that starts it, if any */
export async function goingOn(place: Place, launcher: readonly string[] = []): Promise<GoingOn> {
  const logFile = place.path('daemon.log')
  const daemon = await DaemonProcess.start(place.configFile, logFile, {}, [inject('cli')], launcher)
  onTestFinished(async () => {
    await daemon.end('SIGTERM')
  })
  const lines = () =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map((line): Line => JSON.parse(line))
  return {
    port: daemon.port,
    pid: daemon.pid,
    signal: signal => daemon.signal(signal),
    said: async words => {
      const find = () => lines().find(({ msg }) => msg.startsWith(words))
      await until(`it says: ${words}`, () => find() !== undefined)
      const { router, msg = '', reason, at, err, faults, advice } = find() ?? {}
      const parts = [router, msg, reason, at, err?.message, faults, advice].filter(it => it !== undefined)
      return { code: daemon.isRunning ? null : -1, line: parts.join(': ') }
    },
  }
}
