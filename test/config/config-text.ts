// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import type { Config, RouterConfig } from '../../src/config/config.ts'
import type { Fault } from '../../src/config/fault.ts'
import { parseConfig } from '../../src/config/load.ts'
import type { Environment } from '../../src/config/secret-source.ts'

export const SECRET = 'a secret of thirty-two bytes or more'
export const ENV: Environment = { TIKMETER_SECRET: SECRET, ACME_HQ_PASSWORD: 'of the router hq' }

export const AUTH = 'auth: { secret: "${TIKMETER_SECRET}" }'

/** The config of a text that has no fault. */
export function configOf(text: string, env: Environment = ENV): Config {
  const loaded = parseConfig('config.yaml', text, env)
  if (loaded.kind === 'loaded') return loaded.config
  throw new Error(`faults where none were expected: ${JSON.stringify(loaded.faults)}`)
}

export function faultsOf(text: string, env: Environment = ENV): readonly Fault[] {
  const loaded = parseConfig('config.yaml', text, env)
  return loaded.kind === 'faulty' ? loaded.faults : []
}

/** A file with one router that has these keys beside its id, host, username and password. */
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

/** The messages of a file with one router that has these keys, `path message` each. */
export function routerFaults(keys: string): string[] {
  return faultsOf(withRouter(keys)).map(({ path, message }) => `${path} ${message}`)
}
