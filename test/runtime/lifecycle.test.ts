import { describe, expect, it } from 'vitest'
import { Lifecycle, Stopping } from '../../src/runtime/lifecycle.ts'
import { HandClock } from './hand-clock.ts'
import { LogLines } from './log-lines.ts'

function living() {
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const lines = new LogLines()
  const lifecycle = new Lifecycle({ clock, log: lines.log })
  const events: string[] = []
  const part = (name: string) =>
    lifecycle.start(
      name,
      () => {
        events.push(`${name} started`)
        return name
      },
      async started => {
        events.push(`${started} stopped`)
      },
    )
  return { clock, lines, lifecycle, events, part }
}

describe('parts', () => {
  it('start in their order and stop in the reverse of it', async () => {
    const { clock, lifecycle, events, part } = living()
    await part('database')
    lifecycle.loop(
      'loop',
      signal =>
        new Promise(resolve => {
          signal.addEventListener('abort', () => {
            events.push('loop stopped')
            resolve()
          })
        }),
      () => {},
    )
    await part('http')
    expect(await lifecycle.stop(10_000)).toBe(true)
    expect(events).toEqual([
      'database started',
      'http started',
      'http stopped',
      'loop stopped',
      'database stopped',
    ])
    expect(clock.sleepers).toBe(0)
  })

  it('that did not start are not stopped, and those before are', async () => {
    const { lifecycle, events, part } = living()
    await part('database')
    const start = () => Promise.reject(new Error('the port is taken'))
    await expect(
      lifecycle.start('http', start, async () => {
        events.push('http stopped')
      }),
    ).rejects.toThrow('the port is taken')
    expect(await lifecycle.stop(10_000)).toBe(true)
    expect(events).toEqual(['database started', 'database stopped'])
  })

  it('are all stopped, though one of them throws, which is logged', async () => {
    const { lifecycle, lines, events, part } = living()
    await part('database')
    await lifecycle.start(
      'feed',
      () => {},
      () => Promise.reject(new Error('stuck')),
    )
    await part('http')
    expect(await lifecycle.stop(10_000)).toBe(false)
    expect(events.slice(2)).toEqual(['http stopped', 'database stopped'])
    expect(lines.lines).toEqual([
      expect.objectContaining({ part: 'feed', err: { name: 'Error', message: 'stuck' } }),
    ])
  })

  it('that do not stop in time are told of', async () => {
    const { clock, lifecycle } = living()
    let stop: () => void = () => {}
    await lifecycle.start(
      'slow',
      () => {},
      () =>
        new Promise(resolve => {
          stop = resolve
        }),
    )
    const stopped = lifecycle.stop(10_000)
    await clock.turn(10_000)
    expect(await stopped).toBe(false)
    stop()
  })

  it('do not start once the stop has begun', async () => {
    const { lifecycle, part } = living()
    await lifecycle.stop(10_000)
    await expect(part('late')).rejects.toThrow(Stopping)
    expect(() =>
      lifecycle.loop(
        'late',
        async () => {},
        () => {},
      ),
    ).toThrow(Stopping)
  })

  it('that were just starting when the stop began are stopped as well, first of all', async () => {
    const { lifecycle, events, part } = living()
    await part('postgres')
    let begin: () => void = () => {}
    const started = lifecycle.start(
      'database',
      () =>
        new Promise<void>(resolve => {
          begin = resolve
        }),
      async () => {
        events.push('database stopped')
      },
    )
    const stopped = lifecycle.stop(10_000)
    begin()
    await expect(started).rejects.toThrow(Stopping)
    expect(await stopped).toBe(true)
    expect(events).toEqual(['postgres started', 'database stopped', 'postgres stopped'])
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

describe('a loop', () => {
  it('that fails is a bug, and stops like the others', async () => {
    const { lifecycle } = living()
    const bugs: unknown[] = []
    lifecycle.loop(
      'loop',
      () => Promise.reject(new TypeError('a bug')),
      error => bugs.push(error),
    )
    expect(await lifecycle.stop(10_000)).toBe(true)
    expect(bugs).toEqual([new TypeError('a bug')])
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
