import { expect, onTestFinished, test } from 'vitest'
import { DescriptorWatch } from '../../src/runtime/descriptor-watch.ts'
import { HandClock } from './hand-clock.ts'
import { LogLines } from './log-lines.ts'
import { takeDescriptors } from './no-descriptors.ts'
import { rethrow } from './rethrow.ts'

test('a lack of descriptors is logged with advice, again after a minute, and so is its end', async () => {
  const clock = new HandClock('2026-03-01T00:00:00Z')
  const { log, lines } = new LogLines()
  const watch = new DescriptorWatch({ clock, log, onBug: rethrow })
  const messages = () => lines.map(({ msg }) => String(msg).split(':')[0])
  const passing = async (ms: number, wanted: readonly string[]) => {
    await clock.turn(ms)
    await expect.poll(messages).toEqual(wanted)
  }
  watch.start()
  onTestFinished(() => watch.stop())
  await passing(1_000, [])
  const giveBack = takeDescriptors()
  try {
    const lack = 'no file descriptor is left'
    await expect
      .poll(async () => {
        await clock.turn(1_000)
        return messages()
      })
      .toEqual([lack])
    for (let second = 0; second < 5; second++) await passing(1_000, [lack])
    await passing(60_000, [lack, lack])
  } finally {
    await giveBack()
  }
  await expect
    .poll(async () => {
      await clock.turn(1_000)
      return messages().at(-1)
    })
    .toBe('file descriptors are left again')
  expect(lines[0]).toMatchObject({ level: 50, advice: expect.stringContaining('LimitNOFILE') })
})
