import * as z from 'zod'
import { ALERT_PERIODS, ALERT_SCOPES, type AlertKind, SESSION_ALERTS } from '../../accounting/alert.ts'
import { absent } from '../fields/checked.ts'
import { configId } from '../fields/config-id.ts'
import { block, field } from '../fields/field.ts'
import { duration, threshold } from '../fields/quantity.ts'
import { oneOf } from '../fields/scalar.ts'

const KINDS = ['usage', 'router_offline', ...SESSION_ALERTS] as const satisfies readonly AlertKind[]
const SESSION_SCOPES = ['user', 'router'] as const
const ALERT = 'a block of keys such as { id: down, on: router_offline, after: 5m }'

const FOR_USAGE = 'on: usage'
const FOR_OUTAGES = 'on: router_offline'
const FOR_SCOPES = `on: usage, ${SESSION_ALERTS.join(' or ')}`

/** One alert. `on` decides which keys it has, so an unknown `on` is the only fault reported. */
export function alert() {
  return z.discriminatedUnion('on', [usage(), outage(), ofSession()], {
    error: ({ code, input }) => {
      if (code !== 'invalid_union') return absent(ALERT, input)?.message ?? `must be ${ALERT}`
      return `must be one of ${KINDS.join(', ')}; default: ${KINDS[0]}`
    },
  })
}

export type Alert = z.infer<ReturnType<typeof alert>>

function usage() {
  return block(
    {
      id: field(configId),
      on: z.literal('usage').default('usage'),
      scope: field(oneOf(ALERT_SCOPES)),
      period: field(oneOf(ALERT_PERIODS)),
      threshold: field(threshold),
    },
    { belongsTo: { after: FOR_OUTAGES } },
  )
}

function outage() {
  return block(
    { id: field(configId), on: z.literal('router_offline'), after: field(duration).prefault('5m') },
    { belongsTo: { scope: FOR_SCOPES, period: FOR_USAGE, threshold: FOR_USAGE } },
  )
}

function ofSession() {
  return block(
    {
      id: field(configId),
      on: z.literal(SESSION_ALERTS),
      scope: field(oneOf(SESSION_SCOPES)).default('router'),
    },
    { belongsTo: { period: FOR_USAGE, threshold: FOR_USAGE, after: FOR_OUTAGES } },
  )
}
