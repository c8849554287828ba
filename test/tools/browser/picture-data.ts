import { pick, seededRandom, wholeBelow } from '../../harness/fleet/random.ts'

/** A tenant as it might be, for the picture of its dashboard: the same each time. */

const DAY_MS = 86_400_000
const GB = 1024 ** 3
const INTERVAL_MS = 5_000
const RATE_SAMPLES = 120
const UPLOAD_SHARE = 0.11
const SATURDAY = 6
const DAYS = 30
/** How much of today is over, and how much of the month. */
const TODAY_SHARE = 0.62
const FORECAST = { forecast: 15_160 * GB, low: 14_410 * GB, high: 15_930 * GB }

/** 15:20 in Nairobi. */
export const NOW = new Date('2026-11-24T12:20:05Z')
const TODAY = '2026-11-24'
const MONTH = '2026-11'
const TIMEZONE = 'Africa/Nairobi'
export const TENANT = 'acme'

const NAMES = [
  ...[
    'amina',
    'brian',
    'cynthia',
    'david',
    'esther',
    'faith',
    'george',
    'halima',
    'ian',
    'joyce',
    'kevin',
    'lucy',
  ],
  ...[
    'moses',
    'naomi',
    'otieno',
    'purity',
    'quincy',
    'ruth',
    'samuel',
    'teresia',
    'umar',
    'violet',
    'wanjiru',
    'yusuf',
  ],
]
const ROUTERS = [
  {
    id: 'riverside',
    name: 'Riverside',
    state: 'offline',
    hotspot: 0,
    ppp: 0,
    error: 'no answer within 10 s',
  },
  { id: 'hq', name: 'Head office', state: 'online', hotspot: 21, ppp: 96, error: null },
  { id: 'hill', name: 'Hilltop', state: 'online', hotspot: 0, ppp: 74, error: null },
  { id: 'market', name: 'Market', state: 'online', hotspot: 83, ppp: 12, error: null },
  { id: 'school', name: 'School', state: 'online', hotspot: 37, ppp: 0, error: null },
] as const

const random = seededRandom(20)

function ago(ms: number): string {
  return new Date(NOW.getTime() - ms).toISOString()
}

function usage(used: number) {
  const upload = Math.round(used * UPLOAD_SHARE)
  return { upload, download: Math.round(used) - upload, used: Math.round(used) }
}

/** People use more at weekends. */
const days = Array.from({ length: DAYS }, (_, index) => {
  const day = new Date(Date.parse(TODAY) - (DAYS - 1 - index) * DAY_MS)
  const isWeekend = day.getUTCDay() === 0 || day.getUTCDay() === SATURDAY
  const used = 460 * GB * (isWeekend ? 1.28 : 1) * (0.9 + 0.2 * random()) * (1 + index / 250)
  const isToday = index === DAYS - 1
  return { day: day.toISOString().slice(0, 10), ...usage(isToday ? used * TODAY_SHARE : used) }
})
const today = usage(days.at(-1)?.used ?? 0)
const month = usage(days.filter(it => it.day.startsWith(MONTH)).reduce((sum, it) => sum + it.used, 0))
const total = usage(month.used + 96_400 * GB)

const top = NAMES.slice(0, 10).map((name, rank) => ({
  username: name,
  ...usage((312 - 21 * rank + 9 * random()) * GB),
}))

/** Rates of the last ten minutes, each with the instant at which it was made. */
const rates = Array.from({ length: RATE_SAMPLES }, (_, index) => {
  const wave = Math.sin(index / 17) + 0.5 * Math.sin(index / 5.3) + 0.7 * random()
  const download_bps = Math.round(318e6 + 34e6 * wave)
  return {
    asOf: ago((RATE_SAMPLES - 1 - index) * INTERVAL_MS),
    download_bps,
    upload_bps: Math.round(download_bps * (0.12 + 0.02 * random())),
  }
})

const sessions = ROUTERS.flatMap(({ id, hotspot, ppp }) =>
  Array.from({ length: hotspot + ppp }, (_, index) => {
    const moved = usage((0.02 + 6 * random() ** 3) * GB)
    const download_bps = Math.round(random() ** 4 * 24e6)
    return {
      id: `${id}-${index}`,
      service: index < hotspot ? 'hotspot' : 'ppp',
      username: `${pick(random, NAMES) ?? ''}.${index < hotspot ? 'room' : 'home'}${index}`,
      router: id,
      ip_address: `10.${index < hotspot ? 5 : 20}.${wholeBelow(random, 4)}.${10 + index}`,
      mac_address: null,
      start_time: ago(wholeBelow(random, 9 * 3_600_000)),
      ...{ upload: moved.upload, download: moved.download },
      ...{ upload_bps: Math.round(download_bps / 9), download_bps },
    }
  }),
)

const online = ROUTERS.filter(it => it.state === 'online')
const hotspotUsers = online.reduce((sum, it) => sum + it.hotspot, 0)
const pppUsers = online.reduce((sum, it) => sum + it.ppp, 0)

function alert(id: number, about: object, detail: object, firedAt: string, endedAt: string | null) {
  return { id, rule: 'rule', ...about, fired_at: firedAt, ended_at: endedAt, detail }
}

const user = { kind: 'usage', scope: 'user', period: MONTH }
const outage = { kind: 'router_offline', scope: 'router' }
const alerts = [
  alert(
    4,
    { ...outage, subject: 'riverside', period: ago(540_000) },
    { error: 'no answer within 10 s' },
    ago(240_000),
    null,
  ),
  alert(3, { ...user, subject: 'amina' }, usedOf(312, 300), ago(5_400_000), null),
  alert(
    2,
    { ...outage, subject: 'market', period: ago(32_400_000) },
    { error: 'no answer within 10 s' },
    ago(32_100_000),
    ago(30_600_000),
  ),
  alert(1, { ...user, subject: 'brian' }, usedOf(270, 300), ago(70_000_000), null),
]

function usedOf(used: number, quota: number) {
  return { used: used * GB, threshold: 0.9 * quota * GB, quota: quota * GB }
}

/** What the feed sends after a token: a welcome, and the snapshots of ten minutes. */
export const GREETING: readonly object[] = [
  {
    type: 'welcome',
    role: 'tenant',
    tenants: [TENANT],
    interval_ms: 12 * INTERVAL_MS,
    server_version: '0.2.0',
  },
  ...rates.map(({ asOf, ...now }, index) => ({
    ...{ type: 'snapshot', tenant: TENANT, seq: index + 1, as_of: asOf },
    stats: {
      bytes: { total, month, today },
      rates: now,
      ...{ active_sessions: hotspotUsers + pppUsers, hotspot_users: hotspotUsers, pppoe_users: pppUsers },
      ...{ total_routers: ROUTERS.length, online_routers: online.length },
      ...{ day: TODAY, month: MONTH, timezone: TIMEZONE, last_updated: asOf },
    },
    routers: ROUTERS.map((router, at) => ({
      ...router,
      uncounted: 0,
      last_reading_at: new Date(
        Date.parse(asOf) - (router.state === 'online' ? 900 * at : 540_000),
      ).toISOString(),
    })),
  })),
]

export const SESSIONS = { type: 'sessions', tenant: TENANT, seq: 1, as_of: NOW.toISOString(), sessions }

/** What the API answers, by path. */
export const ANSWERS: ReadonlyMap<string, object> = new Map<string, object>([
  ['/api/usage', { rows: days }],
  ['/api/usage/top', { rows: top }],
  ['/api/usage/forecast', FORECAST],
  ['/api/alerts', { rows: alerts }],
])
