import { describe, expect, it, test } from 'vitest'
import type { AlertJson } from '../../../src/accounting/alert.ts'
import { bytesText, durationText, percentText } from '../../../src/alerts/wording/amounts.ts'
import { sentenceOf, wordingOf } from '../../../src/alerts/wording/wording.ts'
import { textOf } from '../../../src/alerts/wording/words.ts'
import { ACME, NASTY, nasty, SENTENCES } from './sentences.ts'

const said = (event: 'fired' | 'ended', alert: AlertJson, tenant = ACME) =>
  textOf(sentenceOf(wordingOf(event, alert, tenant)))

test.each(SENTENCES)('an operator reads: %s', (sentence, alert) => {
  expect(said('fired', alert)).toBe(sentence)
})

describe('an outage that is over', () => {
  const [, outage] = SENTENCES[3] ?? expect.fail()
  const over = { ...outage, ended_at: '2026-11-26T11:30:20.000Z' }

  it('says how long it lasted, and not that the router is back, which may have been removed', () => {
    expect(said('ended', over)).toBe(
      'The outage of router hq (Acme WISP) is over: it lasted 1 h 40 min, until 2026-11-26 14:30 (Africa/Nairobi).',
    )
  })

  it('reads as before in the message that it fired, which may be sent later', () => {
    expect(said('fired', over)).toBe(said('fired', outage))
  })
})

describe('a name', () => {
  it.each(NASTY)('has no line breaks, control characters or halves of characters: %j', text => {
    expect(said('fired', ...nasty(text))).not.toMatch(
      /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/u,
    )
  })

  it('is cut, so that a sentence has a few hundred characters', () => {
    const [long, its] = nasty('😀'.repeat(5_000))
    expect(Array.from(said('fired', long, its)).length).toBeLessThan(600)
    expect(said('fired', long, its)).toContain(`${'😀'.repeat(99)}… (`)
  })

  it('is visible even if it is empty', () => {
    const [none, its] = nasty(' \n ')
    expect(said('fired', none, its)).toMatch(/^Router \(empty\) \(\(empty\)\) is offline/)
  })
})

test('bytes have the units of the config', () => {
  expect([0, 1, 1023, 1024, 1536, 100 * 1024 ** 3, 2 ** 53].map(bytesText)).toEqual([
    ...['0 B', '1 B', '1023 B', '1 KB', '1.5 KB', '100 GB', '8 PB'],
  ])
  // A rounded value does not reach the next unit.
  expect(bytesText(1024 ** 3 - 1)).toBe('1 GB')
})

test('a quota is used up at 100 %, not before', () => {
  expect([percentText(999, 1000), percentText(1000, 1000), percentText(2500, 1000)]).toEqual([
    ...['99 %', '100 %', '250 %'],
  ])
})

test('durations have at most two units', () => {
  const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
  expect(
    [
      0,
      -5,
      999,
      45_000,
      90_000,
      10 * minute + 20_000,
      hour,
      hour + 40 * minute,
      2 * day + 3 * hour + minute,
    ].map(durationText),
  ).toEqual(['0 s', '0 s', '1 s', '45 s', '1 min 30 s', '10 min', '1 h', '1 h 40 min', '2 d 3 h'])
})
