import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { stopRequest } from '../../src/commands/interruption.ts'
import { HandClock } from '../runtime/hand-clock.ts'

function requested() {
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const signals = new EventEmitter()
  const seconds: string[] = []
  const stop = stopRequest(signals, clock, signal => seconds.push(signal))
  const send = (signal: NodeJS.Signals) => signals.emit(signal, signal)
  return { clock, seconds, stop, send }
}

test('the first signal asks for an ordered stop, and a second one ends the process', async () => {
  const { clock, seconds, stop, send } = requested()
  send('SIGTERM')
  expect(await stop.promise).toBe(0)
  await clock.turn(1_000)
  expect(seconds).toEqual([])
  send('SIGINT')
  expect(seconds).toEqual(['SIGINT'])
})

test('one Ctrl-C that arrives twice is one signal', async () => {
  const { clock, seconds, send } = requested()
  send('SIGINT')
  await clock.turn(20)
  send('SIGINT')
  expect(seconds).toEqual([])
})

test('a stop without a signal has its own code, whatever signals follow', async () => {
  const { seconds, stop, send } = requested()
  stop.end(1)
  send('SIGTERM')
  expect(await stop.promise).toBe(1)
  expect(seconds).toEqual([])
})

test('a signal to reload the config does not stop the daemon', async () => {
  const { clock, seconds, stop, send } = requested()
  send('SIGHUP')
  await clock.turn(1_000)
  send('SIGHUP')
  stop.end(1)
  expect(await stop.promise).toBe(1)
  expect(seconds).toEqual([])
})
