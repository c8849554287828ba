/*
 * Random histories of a router and of the daemon that reads it, compared with a model that knows the truth. By hand:
 *
 *     npm test -- test/system/properties                                                500 histories
 *     TIKMETER_THOROUGH=1 npm test -- test/system/properties                            10,000, as in CI
 *     TIKMETER_HISTORIES=1000000 npm test -- test/system/properties                     any number
 *     TIKMETER_SEED=77 npm test -- test/system/properties                               other ones
 *     TIKMETER_SEED=1 TIKMETER_PATH=12:3:0 npm test -- test/system/properties/histories   the one from fast-check
 */
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { histories } from './history.ts'
import { Life } from './life.ts'
import { HISTORIES_A_SEED, MS_A_HISTORY, parametersOf, SEEDS } from './numbers.ts'
import {
  expectDaysAndBuckets,
  expectEvents,
  expectRecordedIsRead,
  expectRollupAgrees,
  expectSpans,
  expectSumsAgree,
} from './verdict.ts'

const timeout = 30_000 + HISTORIES_A_SEED * MS_A_HISTORY

describe.each(SEEDS)(`${HISTORIES_A_SEED} histories of seed %i`, seed => {
  it('recorded is read, for every subscriber, day and bucket, once, and over every crash', {
    timeout,
  }, () => {
    const property = fc.property(histories, history => {
      const life = new Life(history).live()
      const { rows } = life.daemon.tables
      expectRecordedIsRead(life, rows)
      expectSumsAgree(rows)
      expectDaysAndBuckets(life, rows)
      expectRollupAgrees(life, rows)
      expectEvents(life)
      expectSpans(life)
    })
    fc.assert(property, parametersOf(seed, HISTORIES_A_SEED))
  })
})
