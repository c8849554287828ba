import { type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import { seededRandom } from './random.ts'

/** The bytes of a session as a pure function of time: reading them, however often, changes nothing. */
export interface Traffic {
  /** Whole bytes moved in the first `elapsedMs` of the session; never falls. */
  bytesAt(elapsedMs: number): Bytes
}

export const IDLE: Traffic = { bytesAt: () => NO_BYTES }

/** `rate` is bytes a second. */
export function steadyTraffic(rate: Bytes): Traffic {
  return {
    bytesAt: elapsedMs => ({
      upload: Math.floor((rate.upload * elapsedMs) / 1000),
      download: Math.floor((rate.download * elapsedMs) / 1000),
    }),
  }
}

/**
 * A different whole rate in each second, between zero and twice `rate` (bytes a second). The pattern repeats after
 * sixteen seconds, so the bytes at any time are found without adding up all seconds before.
 */
export function varyingTraffic(seed: number, rate: Bytes): Traffic {
  const random = seededRandom(seed)
  const upload = repeatingRates(rate.upload, random)
  const download = repeatingRates(rate.download, random)
  return { bytesAt: elapsedMs => ({ upload: upload(elapsedMs), download: download(elapsedMs) }) }
}

const SECONDS = 16

function repeatingRates(rate: number, random: () => number): (elapsedMs: number) => number {
  const rates = Array.from({ length: SECONDS }, () => Math.floor(2 * rate * random()))
  /** Bytes in the whole seconds before each one; the last item is the sum of all. */
  const before = [0]
  for (const bytes of rates) before.push((before.at(-1) ?? 0) + bytes)
  const round = before.at(-1) ?? 0
  return elapsedMs => {
    const second = Math.floor(elapsedMs / 1000)
    const place = second % SECONDS
    const started = Math.floor(((rates[place] ?? 0) * (elapsedMs - second * 1000)) / 1000)
    return Math.floor(second / SECONDS) * round + (before[place] ?? 0) + started
  }
}
