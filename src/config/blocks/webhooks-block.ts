import * as z from 'zod'
import { absent, type Checked, notA, right, wrong } from '../fields/checked.ts'
import { configId } from '../fields/config-id.ts'
import { block, field, list } from '../fields/field.ts'
import { mailAddress } from '../fields/mail-address.ts'
import { telegramUrl, webhookUrl } from '../fields/network-address.ts'
import { text } from '../fields/scalar.ts'
import { secret } from '../fields/secret-field.ts'
import type { Environment } from '../fields/variables.ts'

const ALERTS = 'ids of alerts such as [down]'
const WEBHOOK = 'a block of keys such as { id: noc, format: slack, url: URL }'
const CHATS = ['slack', 'discord', 'teams'] as const
const FORMATS = ['json', 'text', ...CHATS, 'telegram'] as const
const FOR_TELEGRAM = 'format: telegram'
const MOST_ADDRESSES = 50

/** An endpoint to which alerts are posted. `format` decides which keys it has. */
export function webhook(env: Environment) {
  return z.discriminatedUnion('format', [signed(env), plainText(env), chat(env), telegram(env)], {
    error: ({ code, input }) => {
      if (code !== 'invalid_union') return absent(WEBHOOK, input)?.message ?? `must be ${WEBHOOK}`
      return `must be one of ${FORMATS.join(', ')}; default: ${FORMATS[0]}`
    },
  })
}

export type Webhook = z.infer<ReturnType<typeof webhook>>

/** People who get alerts by mail, one mail for all of them. */
export function mailList() {
  return block({
    id: field(configId),
    to: list(field(mailAddress), 'addresses such as [noc@isp.example]')
      .refine(to => to.length > 0, 'must have at least one entry: addresses such as [noc@isp.example]')
      .refine(to => to.length <= MOST_ADDRESSES, `must have at most ${MOST_ADDRESSES} entries`),
    ...named(),
  })
}

export type MailEntry = z.infer<ReturnType<typeof mailList>>

function signed(env: Environment) {
  return block(
    {
      id: field(configId),
      format: z.literal('json').default('json'),
      url: secret(env, webhookUrl),
      secret: secret(env, isSigningSecret),
      ...named(),
    },
    { belongsTo: { chat: FOR_TELEGRAM } },
  )
}

function plainText(env: Environment) {
  return block(
    {
      id: field(configId),
      format: z.literal('text'),
      url: secret(env, webhookUrl),
      secret: secret(env, isSigningSecret).optional(),
      ...named(),
    },
    { belongsTo: { chat: FOR_TELEGRAM } },
  )
}

function chat(env: Environment) {
  return block(
    { id: field(configId), format: z.literal(CHATS), url: secret(env, webhookUrl), ...named() },
    { belongsTo: { chat: FOR_TELEGRAM, secret: 'format: json or text' } },
  )
}

function telegram(env: Environment) {
  return block(
    {
      id: field(configId),
      format: z.literal('telegram'),
      url: secret(env, telegramUrl),
      chat: field(chatId),
      ...named(),
    },
    { belongsTo: { secret: 'format: json or text' } },
  )
}

/** The alerts that it gets. */
function named() {
  return {
    alerts: list(field(text), ALERTS)
      .refine(ids => ids.length > 0, `must have at least one entry: ${ALERTS}; leave it out for all alerts`)
      .optional(),
  }
}

/** Groups have negative numbers. */
function chatId(value: unknown): Checked<string> {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value !== 0) return right(String(value))
  return typeof value === 'string' && /^(?:-?[1-9]\d{0,19}|@\w{1,64})$/.test(value)
    ? right(value)
    : notA('a chat such as -1001234567890 or "@channel"', value)
}

const PREFIX = 'whsec_'
const LEAST_BYTES = 24

/**
 * Standard Webhooks: after `whsec_` the key is base64; without that prefix the text is the key. A shorter key could be
 * found by brute force from any signed message.
 */
function isSigningSecret(text: string): Checked<string> {
  const isEncoded = text.startsWith(PREFIX)
  const key = isEncoded ? Buffer.from(text.slice(PREFIX.length), 'base64') : Buffer.from(text)
  if (isEncoded && `${PREFIX}${key.toString('base64')}` !== text)
    return wrong(`must have base64 after ${PREFIX}, including its "=" padding`)
  return key.length >= LEAST_BYTES
    ? right(text)
    : wrong(`must be ${LEAST_BYTES} bytes or more: make one with "openssl rand -base64 32"`)
}
