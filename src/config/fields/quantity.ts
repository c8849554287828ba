import { type Checked, notA, right, wrong } from './checked.ts'
import { written } from './written.ts'

const MILLISECONDS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

/** Steps of 1024, like the GB that the dashboards show. */
const BYTES = new Map([
  ['B', 1],
  ['KB', 1024],
  ['MB', 1024 ** 2],
  ['GB', 1024 ** 3],
  ['TB', 1024 ** 4],
])

/** Steps of 1000, as in RouterOS and on data sheets. */
const BITS_PER_SECOND = new Map([
  ['bps', 1],
  ['kbps', 1000],
  ['Mbps', 1000 ** 2],
  ['Gbps', 1000 ** 3],
  ['Tbps', 1000 ** 4],
])

/** A duration such as `500ms 5s 2m 1h 90d`, in milliseconds. */
export function duration(value: unknown): Checked<number> {
  return quantity(value, MILLISECONDS, 'a duration such as 500ms, 5s, 2m, 1h or 90d')
}

/** The longest wait of a Node timer: beyond 2^31 ms it fires at once. */
const LONGEST_TIMER_MS = 24 * 86_400_000

/** A duration that a timer waits for. */
export function interval(value: unknown): Checked<number> {
  const checked = duration(value)
  return checked.kind === 'right' && checked.value > LONGEST_TIMER_MS ? wrong('must be at most 24d') : checked
}

/** A size such as `512MB 1GB`, in bytes. */
export function size(value: unknown): Checked<number> {
  return quantity(value, BYTES, 'a size such as 512MB or 1GB')
}

/** A number of bytes, or a share of a quota. */
export type Threshold =
  | { readonly kind: 'bytes'; readonly bytes: number }
  /** In hundred-millionths: 80% is 80,000,000. */
  | { readonly kind: 'share'; readonly share: number }

const THRESHOLD = 'a size such as 2TB, or a share of the quota such as 80%'
const MAX_PERCENT = 1000
const SHARES_OF_A_PERCENT = 1_000_000
const PERCENT = /^(\d+)(?:\.(\d{1,6}))? ?%$/

/** A threshold such as `2TB`, `80%` or `12.5%`. */
export function threshold(value: unknown): Checked<Threshold> {
  if (typeof value !== 'string' || !value.endsWith('%')) {
    const bytes = quantity(value, BYTES, THRESHOLD)
    return bytes.kind === 'right' ? right({ kind: 'bytes', bytes: bytes.value }) : bytes
  }
  const [, whole, fraction = ''] = PERCENT.exec(value) ?? []
  if (whole === undefined) return notA(THRESHOLD, value)
  const share = Number(whole) * SHARES_OF_A_PERCENT + Number(fraction.padEnd(6, '0'))
  return share > 0 && share <= MAX_PERCENT * SHARES_OF_A_PERCENT
    ? right({ kind: 'share', share })
    : wrong(`must be more than 0% and at most ${MAX_PERCENT}%`)
}

const WHOLE = 100n * BigInt(SHARES_OF_A_PERCENT)

/** The share in whole bytes, rounded up; `undefined` if it is not a safe integer. */
export function shareOf(bytes: number, share: number): number | undefined {
  const total = Number((BigInt(bytes) * BigInt(share) + WHOLE - 1n) / WHOLE)
  return Number.isSafeInteger(total) ? total : undefined
}

/** A rate such as `500kbps 100Mbps 10Gbps`, in bits a second. */
export function rate(value: unknown): Checked<number> {
  return quantity(value, BITS_PER_SECOND, 'a rate such as 500kbps, 100Mbps or 10Gbps')
}

const QUANTITY = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/

function quantity(value: unknown, units: ReadonlyMap<string, number>, wanted: string): Checked<number> {
  const [, digits, unit] = (typeof value === 'string' && QUANTITY.exec(value)) || []
  // Units are case-sensitive, because case separates bits from bytes.
  const factor = units.get(unit ?? '')
  if (digits === undefined || factor === undefined) return notA(wanted, value)
  const total = Math.round(Number(digits) * factor)
  if (total === 0) return wrong(`must be more than 0: set it to ${wanted}`)
  return Number.isSafeInteger(total) ? right(total) : wrong(`is too much: set it to ${wanted}`)
}

written(formOfUnits(MILLISECONDS), duration)
written(formOfUnits(MILLISECONDS), interval)
written(formOfUnits(BYTES), size)
written(formOfUnits(BITS_PER_SECOND), rate)
written({ anyOf: [formOfUnits(BYTES), { type: 'string', pattern: PERCENT.source }] }, threshold)

function formOfUnits(units: ReadonlyMap<string, number>) {
  return { type: 'string', pattern: `^\\d+(\\.\\d+)? ?(${[...units.keys()].join('|')})$` }
}
