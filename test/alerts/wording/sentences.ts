import type { AlertJson } from '../../../src/accounting/alert.ts'
import { routerId, sessionId } from '../../../src/accounting/ids.ts'
import type { NamedTenant } from '../../../src/alerts/wording/wording.ts'

export const ACME: NamedTenant = { name: 'Acme WISP', timezone: 'Africa/Nairobi' }

const base = { id: 1, rule: 'near-quota', fired_at: '2026-11-26T10:00:00.000Z', ended_at: null }
const session = { router: routerId('hq'), session_id: sessionId('01999999-0000-7000-8000-000000000001') }
const GB = 1024 ** 3

/** One of each kind, with what people read of it. */
export const SENTENCES: readonly (readonly [sentence: string, alert: AlertJson])[] = [
  [
    'Subscriber ann (Acme WISP) used 82 % of the quota in 2026-11: 82.41 GB of 100 GB by 2026-11-26 13:00 (Africa/Nairobi).',
    {
      ...{ ...base, kind: 'usage', scope: 'user', subject: 'ann', period: '2026-11' },
      detail: { used: Math.round(82.41 * GB), threshold: 80 * GB, quota: 100 * GB },
    },
  ],
  [
    'Router hq (Acme WISP) used 2 TB or more on 2026-11-26: 2.01 TB by 2026-11-26 13:00 (Africa/Nairobi).',
    {
      ...{ ...base, kind: 'usage', scope: 'router', subject: 'hq', period: '2026-11-26' },
      detail: { used: Math.round(2.01 * 1024 * GB), threshold: 2048 * GB, quota: null },
    },
  ],
  [
    'Tenant Acme WISP used 100 % of the quota in 2026-11: 1 B of 1 B by 2026-11-26 13:00 (Africa/Nairobi).',
    {
      ...{ ...base, kind: 'usage', scope: 'tenant', subject: 'acme', period: '2026-11' },
      detail: { used: 1, threshold: 1, quota: 1 },
    },
  ],
  [
    'Router hq (Acme WISP) is offline: not read for 10 min, since 2026-11-26 12:50 (Africa/Nairobi); no answer within 10 s.',
    {
      ...{
        ...base,
        kind: 'router_offline',
        scope: 'router',
        subject: 'hq',
        period: '2026-11-26T09:50:00.000Z',
      },
      detail: { last_reading_at: '2026-11-26T09:50:00.000Z', error: 'no answer within 10 s' },
    },
  ],
  [
    'Router hq (Acme WISP) is offline: not read for 1 h 40 min, since 2026-11-26 11:20 (Africa/Nairobi).',
    {
      ...{
        ...base,
        kind: 'router_offline',
        scope: 'router',
        subject: 'hq',
        period: '2026-11-26T08:20:00.000Z',
      },
      detail: { last_reading_at: null, error: null },
    },
  ],
  [
    'Subscriber ann (Acme WISP) is online without traffic: the ppp session of ann at router hq moves no bytes; noticed 2026-11-26 13:00 (Africa/Nairobi).',
    {
      ...{ ...base, kind: 'session_stalled', scope: 'user', subject: 'ann', period: '2026-11-26' },
      detail: { ...session, username: 'ann', service: 'ppp' },
    },
  ],
  [
    'Router hq (Acme WISP) has a session that cannot be counted: the hotspot session of ann at router hq has no counters; noticed 2026-11-26 13:00 (Africa/Nairobi).',
    {
      ...{ ...base, kind: 'session_uncounted', scope: 'router', subject: 'hq', period: '2026-11-26' },
      detail: { ...session, username: 'ann', service: 'hotspot' },
    },
  ],
  [
    'Router hq (Acme WISP) has 900 more alerts: too many to send one by one; see /api/alerts, rule near-quota.',
    {
      ...{ ...base, kind: 'more', scope: 'router', subject: 'hq', period: '2026-11-26T10:00:00.000Z' },
      detail: { count: 900 },
    },
  ],
]

/** Names that try to be something else. */
export const NASTY: readonly string[] = [
  '@everyone @here @channel @admin <!channel> <!here> <@U123> <@&9> <at>all</at>',
  '<https://evil.example|click> [a](https://evil.example) https://evil.example discord.gg/evil',
  '`https://evil.example` ``` @everyone `*_~||x||_*`',
  '**b** _i_ ~s~ # h\n> quote\n- list {{DATE(2020-01-01T00:00:00Z,SHORT)}} \\',
  '/start #tag tg://user?id=1 &lt;!channel&gt; & &amp;',
  'hq\r\nBcc: all@isp.example\r\n\r\n\u202eevil\u0007\ud800\u0000\u2028',
  '`',
]

/** The alert of an outage of a router, a tenant and an error with that name. */
export function nasty(text: string): readonly [AlertJson, NamedTenant] {
  const alert: AlertJson = {
    ...{
      ...base,
      kind: 'router_offline',
      scope: 'router',
      subject: text,
      period: '2026-11-26T09:50:00.000Z',
    },
    detail: { last_reading_at: null, error: text },
  }
  return [alert, { ...ACME, name: text }]
}
