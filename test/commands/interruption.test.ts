import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { untilAsked } from '../../src/commands/interruption.ts'
import { HandClock } from '../runtime/hand-clock.ts'

function asking() {
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const signals = new EventEmitter()
  const seconds: string[] = []
  const asked = untilAsked(signals, clock, signal => seconds.push(signal))
  const send = (signal: NodeJS.Signals) => signals.emit(signal, signal)
  return { clock, seconds, asked, send }
}

test('the first signal asks for an end in order, and a second one for the end', async () => {
  const { clock, seconds, asked, send } = asking()
  send('SIGTERM')
  expect(await asked.promise).toBe(0)
  await clock.turn(1_000)
  expect(seconds).toEqual([])
  send('SIGINT')
  expect(seconds).toEqual(['SIGINT'])
})

test('one Ctrl-C that arrives twice is one signal', async () => {
  const { clock, seconds, send } = asking()
  send('SIGINT')
  await clock.turn(20)
  send('SIGINT')
  expect(seconds).toEqual([])
})

test('what ends by itself does so with its own code, whatever signals come after', async () => {
  const { seconds, asked, send } = asking()
  asked.end(1)
  send('SIGTERM')
  expect(await asked.promise).toBe(1)
  expect(seconds).toEqual([])
})

test('a request to load the config asks for no end', async () => {
  const { clock, seconds, asked, send } = asking()
  send('SIGHUP')
  await clock.turn(1_000)
  send('SIGHUP')
  asked.end(1)
  expect(await asked.promise).toBe(1)
  expect(seconds).toEqual([])
})
