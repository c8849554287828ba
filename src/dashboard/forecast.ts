import type { Fields } from './fields.ts'

/** Bytes by the end of the month, and by how much such forecasts were off. */
export interface Forecast {
  readonly bytes: number
  /** Between what four in five months to come end at; absent where too little is known. */
  readonly between: readonly [low: number, high: number] | undefined
}

/** @returns `undefined` where there is too little history for one */
export function forecastOf({ forecast: bytes, low, high }: Fields): Forecast | undefined {
  if (typeof bytes !== 'number') return undefined
  return { bytes, between: typeof low === 'number' && typeof high === 'number' ? [low, high] : undefined }
}
