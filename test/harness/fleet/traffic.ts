import { type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import { seededRandom } from './random.ts'

/** What a session moves, as a function of time and of nothing else: whoever asks, and how often, changes no byte. */
export interface Traffic {
  /** Whole bytes moved in the first `elapsedMs` of the session; it never falls. */
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
 * Another whole rate in each second, between nothing and twice `rate` (bytes a second). The seconds repeat after
 * sixteen, so that any moment's bytes are found without adding up all seconds before.
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
  /** Bytes in the whole seconds before each one, and last in all of them. */
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
