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
  /** What a part does at its start and at its stop, beside telling of it. */
  const partOf = (name: string, its: Partial<Component> = {}): Component => ({
    start: async () => {
      await its.start?.()
      events.push(`${name} started`)
    },
    stop: async () => {
      await its.stop?.()
      events.push(`${name} stopped`)
    },
  })
  const part = (name: string, its?: Partial<Component>) => lifecycle.start(name, partOf(name, its))
  return { clock, lines, lifecycle, events, part }
}

describe('parts', () => {
  it('start in their order and stop in the reverse of it', async () => {
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

  it('that did not start are stopped too, and so are those before', async () => {
    const { lifecycle, events, part } = living()
    await part('database')
    const start = () => Promise.reject(new Error('the port is taken'))
    await expect(part('http', { start })).rejects.toThrow('the port is taken')
    expect(await lifecycle.stop(10_000)).toBe(true)
    expect(events).toEqual(['database started', 'http stopped', 'database stopped'])
  })

  it('stop where they were given a place, and not where they started', async () => {
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

  it('are all stopped, though one of them throws, which is logged', async () => {
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

  it('that do not stop in time are told of', async () => {
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

  it('that were just starting when the stop began are stopped as well, first of all', async () => {
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
  it('is done though something is still being started, and its signal has gone out', async () => {
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

  it('is not all there is, though it throws', async () => {
    const { lifecycle, events, part } = living()
    await part('database')
    lifecycle.firstAtStop('poller', () => Promise.reject(new Error('stuck')))
    expect(await lifecycle.stop(10_000)).toBe(false)
    expect(events).toEqual(['database started', 'database stopped'])
  })
})

it('a stop tells those who wait for somebody else to give up, in time for all that comes after them', async () => {
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

it('nobody is told to give up by a stop that was done in time', async () => {
  const { clock, lifecycle, part } = living()
  await part('database')
  expect(await lifecycle.stop(10_000)).toBe(true)
  await clock.turn(10_000)
  expect(lifecycle.hurrying.aborted).toBe(false)
})
