import { describe, expect, it } from 'vitest'
import type { Component } from '../../src/runtime/component.ts'
import { Lifecycle, Stopping } from '../../src/runtime/lifecycle.ts'
import { held } from '../recording/recorder-scene.ts'
import { HandClock } from './hand-clock.ts'
import { LogLines } from './log-lines.ts'

function living() {
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const lines = new LogLines()
  const lifecycle = new Lifecycle({ clock, log: lines.log })
  const events: string[] = []
  /** What a part does at its start and at its stop, besides noting it. */
  const partOf = (name: string, work: Partial<Component> = {}): Component => ({
    start: async () => {
      await work.start?.()
      events.push(`${name} started`)
    },
    stop: async () => {
      await work.stop?.()
      events.push(`${name} stopped`)
    },
  })
  const part = (name: string, work?: Partial<Component>) => lifecycle.start(name, partOf(name, work))
  return { clock, lines, lifecycle, events, part }
}

describe('parts', () => {
  it('start in their order and stop in the reverse order', async () => {
    const { clock, lifecycle, events, part } = living()
    await part('database')
    await part('loop')
    await part('http')
    expect(await lifecycle.stop(10_000)).toBe(true)
    expect(events).toEqual([
      ...['database started', 'loop started', 'http started'],
      ...['http stopped', 'loop stopped', 'database stopped'],
    ])
    expect(clock.sleepers).toBe(0)
  })

  it('that did not start are stopped too, and so are those before them', async () => {
    const { lifecycle, events, part } = living()
    await part('database')
    const start = () => Promise.reject(new Error('the port is taken'))
    await expect(part('http', { start })).rejects.toThrow('the port is taken')
    expect(await lifecycle.stop(10_000)).toBe(true)
    expect(events).toEqual(['database started', 'http stopped', 'database stopped'])
  })

  it('stop in the order in which they were added, not in that of their starts', async () => {
    const { lifecycle, events, part } = living()
    await part('database')
    lifecycle.onStop('http', async () => void events.push('http stopped'))
    await part('commits')
    await lifecycle.wait(async () => void events.push('http started'))
    expect(await lifecycle.stop(10_000)).toBe(true)
    expect(events).toEqual([
      ...['database started', 'commits started', 'http started'],
      ...['commits stopped', 'http stopped', 'database stopped'],
    ])
  })

  it('are all stopped even if one of them throws, which is logged', async () => {
    const { lifecycle, lines, events, part } = living()
    await part('database')
    await part('feed', { stop: () => Promise.reject(new Error('stuck')) })
    await part('http')
    expect(await lifecycle.stop(10_000)).toBe(false)
    expect(events.slice(3)).toEqual(['http stopped', 'database stopped'])
    expect(lines.lines).toEqual([
      expect.objectContaining({ part: 'feed', err: { name: 'Error', message: 'stuck' } }),
    ])
  })

  it('that do not stop in time are reported', async () => {
    const { clock, lifecycle, part } = living()
    const { promise, release } = held(undefined)
    await part('slow', { stop: () => promise })
    const stopped = lifecycle.stop(10_000)
    await clock.turn(10_000)
    expect(await stopped).toBe(false)
    release()
  })

  it('do not start once the stop has begun', async () => {
    const { lifecycle, part } = living()
    await lifecycle.stop(10_000)
    await expect(part('late')).rejects.toThrow(Stopping)
    expect(() => lifecycle.onStop('late', async () => {})).toThrow(Stopping)
  })

  it('that were just starting when the stop began are stopped as well, before the others', async () => {
    const { lifecycle, events, part } = living()
    await part('postgres')
    const { promise, release } = held(undefined)
    const started = part('database', { start: () => promise })
    const stopped = lifecycle.stop(10_000)
    release()
    await expect(started).rejects.toThrow(Stopping)
    expect(await stopped).toBe(true)
    expect(events).toEqual([
      ...['postgres started', 'database started'],
      ...['database stopped', 'postgres stopped'],
    ])
  })
})

describe('what comes first at a stop', () => {
  it('is done even while a part starts, after the signal was sent', async () => {
    const { lifecycle, events, part } = living()
    await part('database')
    lifecycle.stopping.addEventListener('abort', () => events.push('signal'))
    lifecycle.firstAtStop('poller', async () => {
      events.push('last poll')
    })
    let begin: () => void = () => {}
    const starting = new Promise<void>(resolve => {
      begin = resolve
    })
    const started = lifecycle.wait(() => starting)
    const stopped = lifecycle.stop(10_000)
    await new Promise(resolve => setImmediate(resolve))
    expect(events).toEqual(['database started', 'signal', 'last poll'])
    begin()
    await expect(started).rejects.toThrow(Stopping)
    expect(await stopped).toBe(true)
    expect(events.slice(3)).toEqual(['database stopped'])
  })

  it('is followed by the rest even if it throws', async () => {
    const { lifecycle, events, part } = living()
    await part('database')
    lifecycle.firstAtStop('poller', () => Promise.reject(new Error('stuck')))
    expect(await lifecycle.stop(10_000)).toBe(false)
    expect(events).toEqual(['database started', 'database stopped'])
  })
})

it('a stop makes those who wait for a peer give up, in time for everything that comes after them', async () => {
  const { clock, lifecycle, events, part } = living()
  await part('database')
  lifecycle.onStop('commits', () => {
    return new Promise(resolve => lifecycle.hurrying.addEventListener('abort', () => resolve()))
  })
  const stopped = lifecycle.stop(10_000)
  await clock.turn(6_999)
  expect(events).toEqual(['database started'])
  await clock.turn(1)
  expect(await stopped).toBe(true)
  expect(events).toEqual(['database started', 'database stopped'])
  expect(clock.sleepers).toBe(0)
})

it('a stop that is done in time makes nobody give up', async () => {
  const { clock, lifecycle, part } = living()
  await part('database')
  expect(await lifecycle.stop(10_000)).toBe(true)
  await clock.turn(10_000)
  expect(lifecycle.hurrying.aborted).toBe(false)
})
