import { getEventListeners } from 'node:events'
import { afterEach, expect } from 'vitest'
import type { Reading } from '../../src/accounting/reading.ts'
import { ReadLimit } from '../../src/poller/read-limit.ts'
import { type HeldBack, type ReadingSink, RouterLoop } from '../../src/poller/router-loop.ts'
import { Slot } from '../../src/poller/slot.ts'
import { Progress } from '../../src/runtime/progress.ts'
import { Observations } from '../harness/observations.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { LogLines } from '../runtime/log-lines.ts'
import { ScriptedRouter } from './scripted-router.ts'

const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

interface Setting {
  readonly isObliging?: boolean
  readonly about?: Parameters<ScriptedRouter['polled']>[0]
  readonly sink?: ReadingSink
  readonly heldBack?: HeldBack
}

/** A loop that runs until the test ends, with ticks and time controlled by the test. */
export function runningLoop({ isObliging = false, about, sink, heldBack }: Setting = {}) {
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const router = new ScriptedRouter('hq', clock, { isObliging })
  const slot = new Slot(0, () => {})
  const lines = new LogLines()
  const observer = new Observations()
  const readings: Reading[] = []
  const loop = new RouterLoop(router.polled(about), slot, {
    readLimit: new ReadLimit({ concurrency: 1, clock }),
    progress: new Progress({ clock, withinMs: 120_000 }),
    sink: sink ?? { record: (_, all) => void readings.push(...all) },
    heldBack: heldBack ?? (() => undefined),
    random: () => 0,
    log: lines.log,
    ...{ observer, clock },
  })
  const soft = new AbortController()
  const hard = new AbortController()
  const ended = loop.run(soft.signal, hard.signal)
  ended.catch(() => {})
  ends.push(async () => {
    soft.abort()
    hard.abort()
    await ended.catch(() => {})
    expect(clock.sleepers).toBe(0)
    expect(getEventListeners(soft.signal, 'abort')).toHaveLength(0)
    expect(getEventListeners(hard.signal, 'abort')).toHaveLength(0)
    for (const link of router.links) expect(link.isClosed).toBe(true)
  })
  const tick = async () => {
    slot.tick()
    await clock.turn(0)
  }
  return { observed: observer.all, clock, router, slot, lines, readings, loop, soft, hard, ended, tick }
}
