import { expect, test } from 'vitest'
import { forecastOf } from '../../src/dashboard/month-forecast.ts'

test('a forecast is shown with its range if that is known, and not at all without enough history', () => {
  expect(forecastOf({ forecast: 20, low: 15, high: 25 })).toEqual({ bytes: 20, between: [15, 25] })
  expect(forecastOf({ forecast: 20, low: null, high: null })).toEqual({ bytes: 20, between: undefined })
  expect(forecastOf({ forecast: null, low: null, high: null })).toBeUndefined()
  expect(forecastOf({})).toBeUndefined()
})
