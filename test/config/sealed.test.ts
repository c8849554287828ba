import { expect, test } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { restartNeeded } from '../../src/config/difference.ts'
import { sealedIn, unseal } from '../../src/config/sealed.ts'
import { configOf } from './config-text.ts'
import { differenceOf } from './difference-of.ts'

const TEXT = `auth: { secret: "01234567890123456789012345678901" }
database: { url: "postgres://u:p@h/d" }
pusher: { key: key, secret: pushers }
tenants:
  - id: acme
    routers:
      - { id: hq, host: 10.0.0.1, username: u, password: "quoted: \\"x\\"" }
      - { id: spare, host: 10.0.0.2, username: u, password: "" }
    quotas: [{ scope: user, period: month, limit: 1GB, of: [ann] }]
    alerts:
      - { id: down, on: router_offline, after: 5m }
      - { id: near, scope: user, period: month, threshold: 80% }
    webhooks: [{ id: ops, url: "https://ops.example/secret", secret: "012345678901234567890123", alerts: [down] }]
`

/** The config as another thread receives it. */
function copied(config: Config): Config {
  const answer = structuredClone({ config, secrets: sealedIn({ config }) })
  unseal(answer.secrets)
  return answer.config
}

test('a config from another thread is the same, with its secrets and its rules', () => {
  const config = configOf(TEXT)
  const copy = copied(config)
  expect(copy).toEqual(config)
  expect(restartNeeded(config, copy)).toEqual([])
  expect(differenceOf(config, copy).routersChanged).toEqual([])
  const [tenant] = copy.tenants
  expect(tenant?.routers.map(it => it.password.reveal())).toEqual(['quoted: "x"', ''])
  expect(tenant?.webhooks.map(it => [it.url.reveal(), it.secret?.reveal(), [...it.rules]])).toEqual([
    ['https://ops.example/secret', '012345678901234567890123', ['down']],
  ])
})

test('the message to another thread prints no secret except those that are sealed', () => {
  const { config } = structuredClone({ config: configOf(TEXT) })
  expect(JSON.stringify(config)).not.toMatch(/01234567|pushers|quoted|ops\.example|u:p/)
})
