import { describe, expect, it, test } from 'vitest'
import { routerId } from '../../../src/accounting/ids.ts'
import { UNTRIED } from '../../../src/poller/router-health.ts'
import type { MeasuredBook } from '../../../src/roster/router-metrics.ts'
import { RouterLoginRefused, RouterTimeout } from '../../../src/routeros/errors.ts'
import { ann, bytes, hotspot, Meter } from '../../accounting/readings.ts'
import { HQ, HQ_HEALTH, measuredDaemon, metricsOf, type Shown } from './measures.ts'

const NO_QUERY = new URLSearchParams()

/** `ask` requests a page after the previous one is out of date. */
async function page(
  shown: Partial<Shown> = {},
  happen: (daemon: ReturnType<typeof measuredDaemon>) => void = () => {},
) {
  const daemon = measuredDaemon(shown)
  happen(daemon)
  const { metrics } = daemon
  const clock = new StandingClock()
  const route = metricsOf({ metrics, clock })
  const ask = async () => {
    clock.ms += 1_000
    return (await route.answer(NO_QUERY, {})).body.split('\n')
  }
  return { metrics, ask, lines: await ask() }
}

class StandingClock {
  ms = 0

  steadyMs(): number {
    return this.ms
  }
}

test('a page of thousands of routers is made in slices, once for all requests meanwhile, with the same content', async () => {
  let asked = 0
  const many = Array.from({ length: 5_000 }, (_, number) => ({
    ...HQ,
    about: { ...HQ.about, router: routerId(`r${number}`) },
  }))
  const books = () => {
    asked++
    return many
  }
  const { ask, metrics } = await page({ books })
  const askedOnce = asked
  let turns = 0
  const turn = () => {
    turns++
    going = setImmediate(turn)
  }
  let going = setImmediate(turn)
  const [first, second] = await Promise.all([ask(), ask()])
  clearImmediate(going)
  expect(turns).toBeGreaterThan(5)
  expect(asked).toBe(2 * askedOnce)
  expect(second).toEqual(first)
  const whole = (await metrics.registry.metrics()).split('\n')
  const ours = (lines: readonly string[]) => lines.filter(it => /tikmeter_(router|tail)/.test(it))
  expect(ours(first)).toEqual(ours(whole))
  expect(ours(first).length).toBeGreaterThan(40_000)
})

describe('a page', () => {
  const counting = (making: () => void = () => {}) => {
    const clock = new StandingClock()
    let made = 0
    const isDatabaseUp = () => {
      made++
      making()
      return true
    }
    const route = metricsOf({ metrics: measuredDaemon({ isDatabaseUp }).metrics, clock })
    const ask = async () => (await route.answer(NO_QUERY, {})).body
    return { clock, ask, made: () => made }
  }

  it('is made at most once a second, for all clients', async () => {
    const { clock, ask, made } = counting()
    const first = await ask()
    clock.ms += 999
    expect(await ask()).toBe(first)
    expect(made()).toBe(1)
    clock.ms += 1
    await Promise.all([ask(), ask()])
    expect(made()).toBe(2)
  })

  it('that takes long to make is served for ten times as long', async () => {
    const { clock, ask, made } = counting(() => {
      clock.ms += 400
    })
    await ask()
    clock.ms = 3_900
    await ask()
    expect(made()).toBe(1)
    clock.ms = 4_000
    await ask()
    expect(made()).toBe(2)
  })

  it('that could not be made is tried again at the next request', async () => {
    let isBroken = true
    const { ask } = counting(() => {
      if (isBroken) throw new Error('not now')
    })
    await expect(ask()).rejects.toThrow('not now')
    isBroken = false
    expect(await ask()).toContain('tikmeter_database_up 1')
  })

  it('requires its token if it has one, and a reload may change the token', async () => {
    let token: string | undefined = 'abc'
    const route = metricsOf({ token: () => token })
    const status = async (authorization?: string) => {
      const headers = authorization === undefined ? {} : { authorization }
      const reply = await route.answer(NO_QUERY, headers)
      if (reply.status !== 200) expect(reply.headers['WWW-Authenticate']).toMatch(/^Bearer/)
      return reply.status
    }
    expect(await status('Bearer abc')).toBe(200)
    for (const shown of [undefined, 'Bearer ab', 'Bearer abcd', 'Bearer ABC', 'Basic abc', 'Bearer'])
      expect([shown, await status(shown)]).toEqual([shown, 401])
    token = 'another'
    expect(await status('Bearer abc')).toBe(401)
    expect(await status('Bearer another')).toBe(200)
    token = undefined
    expect(await status()).toBe(200)
  })
})

describe('a router', () => {
  it('is shown with its tenant and its id', async () => {
    const { lines } = await page()
    expect(lines).toContain('tikmeter_router_online{tenant="acme",router="hq"} 1')
    expect(lines).toContain(
      'tikmeter_router_last_reading_timestamp_seconds{tenant="acme",router="hq"} 1795521600',
    )
    expect(lines).toContain('tikmeter_router_sessions{tenant="acme",router="hq",service="hotspot"} 40')
    expect(lines).toContain('tikmeter_router_others_bytes_total{tenant="acme",router="hq"} 3')
    expect(lines).toContain('tikmeter_router_uncounted_sessions{tenant="acme",router="hq"} 6')
    expect(lines).toContain('tikmeter_router_skipped_ticks_total{tenant="acme",router="hq"} 3')
    expect(lines).toContain('tikmeter_tail_download_bytes_total{tenant="acme",router="hq"} 2000')
    expect(lines).toContain('tikmeter_router_put_off_polls_total{tenant="acme",router="hq"} 5')
    expect(lines).toContain('tikmeter_router_uncommitted_bytes{tenant="acme",router="hq"} 2048')
    expect(lines).toContain('tikmeter_router_joined_events_total{tenant="acme",router="hq"} 7')
    expect(lines).toContain(
      'tikmeter_router_limit_used_ratio{tenant="acme",router="hq",limit="max_sessions"} 0.8',
    )
    expect(lines).toContain('tikmeter_router_limit_used_ratio{tenant="acme",router="hq",limit="bytes"} 0.25')
  })

  it('has no value for what is unknown, and no values once it is removed', async () => {
    let books: MeasuredBook[] = [{ ...HQ, lives: new Map() }]
    let health = UNTRIED
    const { ask, lines } = await page({ books: () => books, health: () => health })
    expect(lines.join('\n')).not.toMatch(
      /tikmeter_router_(last_reading_timestamp_seconds|poll_duration_seconds|sessions|uncounted_sessions)\{/,
    )
    expect(lines.join('\n')).toContain('tikmeter_router_online{')
    health = { ...HQ_HEALTH, state: 'disabled' }
    expect((await ask()).join('\n')).not.toContain('tikmeter_router_online{')
    books = []
    expect((await ask()).join('\n')).not.toMatch(/tikmeter_(router|tail)_\w+\{/)
  })

  it('keeps its counts from page to page', async () => {
    const { ask } = await page()
    await ask()
    expect(await ask()).toContain('tikmeter_router_skipped_ticks_total{tenant="acme",router="hq"} 3')
  })
})

test('a tenant’s usage and subscribers are the same as on its dashboards', async () => {
  const { lines } = await page()
  expect(lines).toContain('tikmeter_usage_bytes_total{tenant="acme",direction="download"} 70')
  expect(lines).toContain('tikmeter_subscribers_online{tenant="acme",service="hotspot"} 39')
})

test('the daemon itself is measured too', async () => {
  const { lines } = await page()
  for (const line of [
    'tikmeter_build_info{version="0.1.0"} 1',
    'tikmeter_feed_connections 4',
    'tikmeter_database_up 0',
    'tikmeter_uncommitted_sessions 12',
    'tikmeter_uncommitted_bytes 4096',
    'tikmeter_uncommitted_max_bytes 268435456',
    'tikmeter_refused_routers 1',
    'tikmeter_leases_wanted 3',
    'tikmeter_leases_held 2',
    'tikmeter_leases_lost_total 1',
    'tikmeter_journal_bytes 1024',
    'tikmeter_config_files 7',
    'tikmeter_config_last_reload_successful 0',
    'tikmeter_config_last_reload_success_timestamp_seconds 1795521600',
    'tikmeter_tls_certificate_expiry_timestamp_seconds 1801310400',
    'tikmeter_event_loop_delay_seconds{level="max"} 0',
  ])
    expect(lines).toContain(line)
  expect(lines.some(line => line.startsWith('process_resident_memory_bytes '))).toBe(true)
})

test('without HTTPS there is no expiry of a certificate', async () => {
  const { lines } = await page({ certificateExpiresAt: () => undefined })
  expect(lines.filter(line => /^tikmeter_tls_/.test(line))).toEqual([])
})

describe('a counter of events', () => {
  it('starts at 0, so that the first event is an increase', async () => {
    const { lines } = await page()
    expect(lines).toContain('tikmeter_ledger_events_total{kind="quarantine"} 0')
    expect(lines).toContain('tikmeter_config_reloads_total{outcome="faulty"} 0')
    expect(lines).toContain('tikmeter_webhook_deliveries_total{outcome="dead",format="json"} 0')
    expect(lines).toContain('tikmeter_session_stops_total{service="ppp",reason="logout"} 0')
  })

  it('grows with each event, and durations are measured', async () => {
    const { lines } = await page({}, ({ polls, recording, file, alerts }) => {
      polls.polled(30)
      polls.pollFailed(new RouterTimeout('answer', 'no answer within 10 s'))
      polls.pollFailed(new RouterLoginRefused('invalid user name or password (6)'))
      recording.committed(90)
      recording.commitFailed()
      recording.happened('set_aside')
      file.reloaded('faulty')
      alerts.delivery('retried', 'slack', 1)
      alerts.delivery('dead', 'mail', 3)
      alerts.alertsJoined(900)
    })
    for (const line of [
      'tikmeter_poll_duration_seconds_bucket{le="0.025"} 0',
      'tikmeter_poll_duration_seconds_bucket{le="0.05"} 1',
      'tikmeter_poll_failures_total{kind="timeout"} 1',
      'tikmeter_poll_failures_total{kind="login_refused"} 1',
      'tikmeter_commit_duration_seconds_bucket{le="0.1"} 1',
      'tikmeter_commit_failures_total 1',
      'tikmeter_ledger_events_total{kind="set_aside"} 1',
      'tikmeter_config_reloads_total{outcome="faulty"} 1',
      'tikmeter_webhook_deliveries_total{outcome="delivered",format="mail"} 0',
      'tikmeter_webhook_deliveries_total{outcome="retried",format="slack"} 1',
      'tikmeter_webhook_deliveries_total{outcome="dead",format="mail"} 3',
      'tikmeter_alerts_joined_total 900',
    ])
      expect(lines).toContain(line)
  })

  it('of a reading shows its effect on sessions, and when it was durable', async () => {
    const { lines } = await page({}, ({ recording }) => {
      const meter = new Meter()
      recording.recorded(meter.read(hotspot(0, [ann(-60, bytes(100, 2000))])), 170)
      recording.recorded(meter.read(hotspot(5, [ann(-60, bytes(20, 2000))])), undefined)
      recording.recorded(meter.read(hotspot(10, [ann(-60, bytes(40, 2000))])), undefined)
      recording.recorded(meter.read(hotspot(15, [])), undefined)
      recording.recorded(meter.read(hotspot(20, [])), undefined)
    })
    for (const line of [
      'tikmeter_readings_total{service="hotspot"} 5',
      'tikmeter_session_starts_total{service="hotspot"} 1',
      'tikmeter_session_deltas_total{service="hotspot"} 2',
      'tikmeter_session_stops_total{service="hotspot",reason="logout"} 1',
      'tikmeter_ledger_events_total{kind="reset"} 1',
      'tikmeter_reading_durable_seconds_bucket{le="0.15"} 0',
      'tikmeter_reading_durable_seconds_bucket{le="0.2"} 1',
      'tikmeter_reading_durable_seconds_count 1',
    ])
      expect(lines).toContain(line)
  })
})
