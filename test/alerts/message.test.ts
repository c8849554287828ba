import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as formats from 'ajv-formats'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { AlertJson } from '../../src/accounting/alert.ts'
import { routerId, sessionId } from '../../src/accounting/ids.ts'
import { messageOf } from '../../src/alerts/message.ts'
import { acme } from './alert-scene.ts'
import { ENDED_AT, outage } from './alerts.ts'

const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default.default(ajv)
ajv.addSchema(parse(readFileSync('config/openapi.yaml', 'utf8')), 'openapi')
const MESSAGE = 'openapi#/webhooks/alert/post/requestBody/content/application~1json/schema'

const fired = { id: 1, rule: 'r', fired_at: '2026-11-26T10:00:00.000Z', ended_at: null }
const ALERTS: readonly AlertJson[] = [
  {
    ...{ ...fired, kind: 'usage', scope: 'tenant', subject: 'acme', period: '2026-11' },
    detail: { used: 2 ** 53 - 1, threshold: 1, quota: null },
  },
  {
    ...{ ...fired, kind: 'session_stalled', scope: 'user', subject: 'ann', period: '2026-11-26' },
    detail: {
      ...{ router: routerId('hq'), username: 'ann', service: 'ppp' },
      session_id: sessionId('01999999-0000-7000-8000-000000000001'),
    },
  },
  {
    ...{ ...fired, kind: 'session_uncounted', scope: 'router', subject: 'hq', period: '2026-11-26' },
    detail: {
      ...{ router: routerId('hq'), username: 'ann', service: 'hotspot' },
      session_id: sessionId('01999999-0000-7000-8000-000000000001'),
    },
  },
  {
    ...{ ...fired, kind: 'more', scope: 'router', subject: 'hq', period: '2026-11-26T10:00:00.000Z' },
    detail: { count: 900 },
  },
  outage().alert,
]

test.each(ALERTS.map(alert => [alert.kind, alert] as const))(
  'a message of %s matches the API description',
  (_, alert) => {
    const message: object = JSON.parse(messageOf('fired', { tenant: acme, alert }))
    ajv.validate(MESSAGE, message)
    expect(ajv.errors).toBeNull()
    ajv.validate(MESSAGE, { ...message, more: 1 })
    expect(ajv.errors).not.toBeNull()
  },
)

test('a message of an end matches the API description', () => {
  ajv.validate(MESSAGE, JSON.parse(messageOf('ended', outage(17, ENDED_AT))))
  expect(ajv.errors).toBeNull()
})
