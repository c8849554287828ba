import { expect, test } from 'vitest'
import { AddressRates } from '../../src/runtime/address-rates.ts'
import { perSecond } from '../../src/runtime/rate-limit.ts'
import { HandClock } from './hand-clock.ts'

test('each address has a rate of its own', async () => {
  const clock = new HandClock('2026-11-24T10:00:00Z')
  const rates = new AddressRates({ rate: perSecond(2), clock })
  expect(['a', 'a', 'a', 'b'].map(it => rates.take(it))).toEqual([true, true, false, true])
  await clock.turn(500)
  expect(['a', 'a', 'b', 'b'].map(it => rates.take(it))).toEqual([true, false, true, true])
})

test('however many addresses come, only a limited number is remembered, those that came last', () => {
  const clock = new HandClock('2026-11-24T10:00:00Z')
  const rates = new AddressRates({ rate: perSecond(1), clock, most: 100 })
  rates.take('often')
  for (let number = 0; number < 10_000; number++) {
    rates.take(`address ${number}`)
    expect(rates.take('often')).toBe(false)
  }
  expect(rates.size).toBe(100)
})
