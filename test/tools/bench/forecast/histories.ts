import { type Random, seededRandom } from '../../../harness/fleet/random.ts'

const DAY_MS = 86_400_000
const FIRST_DAY_MS = Date.UTC(2024, 0, 1)
const DAYS = 2 * 366
const GB = 1e9

/** The usage of each day. */
export interface GeneratedHistory {
  readonly kind: string
  /** Time of the first day, in milliseconds since 1970. */
  readonly firstMs: number
  readonly bytes: readonly number[]
}

/** The parameters of a kind of usage; factors are relative to a usual day. */
interface Shape {
  readonly kind: string
  readonly usualBytes: number
  /** Factors from Sunday on. */
  readonly week: readonly number[]
  /** Growth per month. */
  readonly growth: number
  /** Standard deviation of a day's logarithm: 0.05 is hardly any, 1.2 a heavy tail. */
  readonly spread: number
  /** Share of a day's deviation that remains on the next. */
  readonly memory: number
  /** Probability of a day without usage. */
  readonly idle: number
  /** Holidays: factor and number of consecutive days. */
  readonly holiday: { readonly factor: number; readonly days: number; readonly ofAYear: number }
  /** Number of days with an outage, on which usage is between nothing and usual. */
  readonly outagesOfAYear: number
  /** Factor by the elapsed share of the month, in [0, 1). */
  readonly monthTurn: (share: number) => number
  /** Whether usage only begins after some days. */
  readonly isNew: boolean
}

const EVEN = [1, 1, 1, 1, 1, 1, 1]
const HOME = [1.2, 0.93, 0.92, 0.93, 0.96, 1.02, 1.2]
const OFFICE = [0.25, 1.2, 1.25, 1.22, 1.2, 1.05, 0.35]
const flat = () => 1
/** Paid at the turn of the month. */
const payday = (share: number) => (share < 0.17 ? 1.35 : share > 0.8 ? 0.75 : 1)
/** A data package that runs out. */
const running = (share: number) => (share < 0.5 ? 1.3 : share < 0.8 ? 0.9 : 0.4)

const COMMON = {
  ...{ growth: 0.02, memory: 0.3, idle: 0, outagesOfAYear: 4, monthTurn: flat, isNew: false },
  holiday: { factor: 1.25, days: 2, ofAYear: 8 },
}
const PERSON = { ...COMMON, usualBytes: 4 * GB, memory: 0.4, holiday: { factor: 0, days: 9, ofAYear: 2 } }

const SHAPES: readonly Shape[] = [
  { ...COMMON, kind: 'homes', usualBytes: 4_000 * GB, week: HOME, spread: 0.05 },
  {
    ...{ ...COMMON, kind: 'offices', usualBytes: 900 * GB, week: OFFICE, spread: 0.08 },
    holiday: { factor: 0.3, days: 2, ofAYear: 8 },
  },
  {
    ...{ ...COMMON, kind: 'campus', usualBytes: 2_000 * GB, week: OFFICE, spread: 0.1 },
    holiday: { factor: 0.2, days: 21, ofAYear: 3 },
  },
  { ...COMMON, kind: 'growing', usualBytes: 300 * GB, week: HOME, spread: 0.08, growth: 0.12 },
  { ...COMMON, kind: 'hotspot', usualBytes: 60 * GB, week: HOME, spread: 0.2, monthTurn: payday },
  { ...PERSON, kind: 'steady subscriber', week: HOME, spread: 0.5, idle: 0.03 },
  { ...PERSON, kind: 'office subscriber', week: OFFICE, spread: 0.5, idle: 0.05 },
  { ...PERSON, kind: 'heavy-tailed subscriber', week: EVEN, spread: 1.2, idle: 0.15 },
  { ...PERSON, kind: 'rare subscriber', week: EVEN, spread: 0.9, idle: 0.7 },
  { ...PERSON, kind: 'package subscriber', week: HOME, spread: 0.5, idle: 0.05, monthTurn: running },
  { ...PERSON, kind: 'new subscriber', week: HOME, spread: 0.6, idle: 0.03, isNew: true },
]

/** Makes `ofEach` histories of each kind: two years of days, the same ones each time. */
export function generatedHistories(ofEach: number): readonly GeneratedHistory[] {
  return SHAPES.flatMap((shape, at) =>
    Array.from({ length: ofEach }, (_, n) => historyOf(shape, seededRandom(at * 1_000 + n))),
  )
}

function historyOf(shape: Shape, random: Random): GeneratedHistory {
  const { kind, usualBytes, growth, spread, memory } = shape
  const scale = usualBytes * Math.exp(0.8 * normal(random))
  const drift = Math.log1p(growth + 0.04 * normal(random)) / 30
  const events = eventsOf(shape, random)
  const first = shape.isNew ? DAYS - 100 + Math.floor(50 * random()) : 0
  let deviation = 0
  const bytes: number[] = []
  for (let day = 0; day < DAYS; day++) {
    deviation = memory * deviation + Math.sqrt(1 - memory ** 2) * normal(random)
    const at = new Date(FIRST_DAY_MS + day * DAY_MS)
    const monthDays = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate()
    const isIdle = random() < shape.idle
    const factor = (shape.week[at.getUTCDay()] ?? 1) * shape.monthTurn((at.getUTCDate() - 1) / monthDays)
    const used = scale * factor * Math.exp(drift * day + spread * deviation) * (events.get(day) ?? 1)
    bytes.push(isIdle || day < first ? 0 : Math.floor(used))
  }
  return { kind, firstMs: FIRST_DAY_MS, bytes }
}

/** The factors of holidays and outages, by day. */
function eventsOf({ holiday, outagesOfAYear }: Shape, random: Random): ReadonlyMap<number, number> {
  const events = new Map<number, number>()
  for (let count = 0; count < (holiday.ofAYear * DAYS) / 365; count++) {
    const first = Math.floor(DAYS * random())
    for (let day = first; day < first + holiday.days; day++) events.set(day, holiday.factor)
  }
  for (let count = 0; count < (outagesOfAYear * DAYS) / 365; count++)
    events.set(Math.floor(DAYS * random()), random())
  return events
}

/** Normally distributed, mean 0 and deviation 1 (Box-Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
