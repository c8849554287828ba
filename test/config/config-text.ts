// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import type { Config, RouterConfig, TenantConfig } from '../../src/config/config.ts'
import type { Fault } from '../../src/config/fault.ts'
import type { Environment } from '../../src/config/fields/variables.ts'
import { parseConfig } from '../../src/config/load.ts'
import { rejections } from './reference/accepted.ts'

export const SECRET = 'a secret of thirty-two bytes or more'
export const ENV: Environment = { TIKMETER_SECRET: SECRET, ACME_HQ_PASSWORD: 'of the router hq' }

export const AUTH = 'auth: { secret: "${TIKMETER_SECRET}" }'

/** The config of a text without faults, which the JSON Schema has to accept too. */
export function configOf(text: string, env: Environment = ENV): Config {
  const loaded = parseConfig('config.yaml', text, env)
  const rejected = rejections(text)
  if (rejected.length > 0) throw new Error(`the JSON Schema rejects it: ${rejected.join('; ')}`)
  if (loaded.kind === 'loaded') return loaded.config
  throw new Error(`faults where none were expected: ${JSON.stringify(loaded.faults)}`)
}

export function faultsOf(text: string, env: Environment = ENV): readonly Fault[] {
  const loaded = parseConfig('config.yaml', text, env)
  return loaded.kind === 'faulty' ? loaded.faults : []
}

/** A file with one router that has these keys besides its id, host, username and password. */
export function withRouter(keys: string, top = ''): string {
  return `${AUTH}
${top}
tenants:
  - id: acme
    routers:
      - { id: hq, host: 10.1.0.1, username: usage, password: "x", ${keys} }
`
}

export function routerOf(keys: string, top = ''): RouterConfig {
  const router = configOf(withRouter(keys, top)).tenants[0]?.routers[0]
  if (router === undefined) throw new Error('the config has no router')
  return router
}

/** The messages for a file with one router that has these keys, as `path message`. */
export function routerFaults(keys: string): string[] {
  return faultsOf(withRouter(keys)).map(({ path, message }) => `${path} ${message}`)
}

/** The URL and the secret of a webhook. */
export const WEBHOOK = 'url: "${NOC_URL}", secret: "${NOC_SECRET}"'
export const WEBHOOK_ENV: Environment = {
  ...ENV,
  NOC_URL: 'https://noc.example/t/0a1b2c',
  NOC_SECRET: 'whsec_YSBzZWNyZXQgb2YgMjUgYnl0ZXMgbG9uZw==',
}

/** A file with one tenant that has the routers `hq` and `tower` and these lines. */
export function withTenant(lines: string): string {
  const router = '{ host: a, username: b, password: "c", id: '
  return `${AUTH}
tenants:
  - id: acme
    routers: [${router} hq }, ${router} tower }]
${lines.replaceAll(/^/gm, '    ')}
`
}

export function tenantOf(lines: string): TenantConfig {
  const tenant = configOf(withTenant(lines), WEBHOOK_ENV).tenants[0]
  if (tenant === undefined) throw new Error('the config has no tenant')
  return tenant
}

/** The messages for a file with one tenant that has these lines, each with its path within the tenant. */
export function tenantFaults(lines: string): string[] {
  return faultsOf(withTenant(lines), WEBHOOK_ENV).map(
    ({ path, message }) => `${path.replace('tenants[0].', '')} ${message}`,
  )
}
