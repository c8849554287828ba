import type { Fields } from './json-fields.ts'

/** The usage in bytes at the end of the month, with its range. */
export interface Forecast {
  readonly bytes: number
  /** The range in which four of five months end; `undefined` if too little is known. */
  readonly between: readonly [low: number, high: number] | undefined
}

/** @returns `undefined` if there is too little history */
export function forecastOf({ forecast: bytes, low, high }: Fields): Forecast | undefined {
  if (typeof bytes !== 'number') return undefined
  return { bytes, between: typeof low === 'number' && typeof high === 'number' ? [low, high] : undefined }
}
