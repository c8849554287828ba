// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { describe, expect, it } from 'vitest'
import { metricsTokenOf } from '../../../src/config/revealed.ts'
import { AUTH, configOf, ENV, faultsOf } from '../config-text.ts'

const TOKEN = 'sixteen-at-least'

function withServer(keys: string): string {
  return `${AUTH}\nserver: { ${keys} }\ntenants: []`
}

function faultOf(keys: string): string {
  return faultsOf(withServer(keys))
    .map(({ path, message }) => `${path} ${message}`)
    .join('; ')
}

describe('the metrics', () => {
  it.each([
    ['port: 9090', { host: '127.0.0.1', port: 9090 }],
    ['port: 9090, host: "::"', { host: '::', port: 9090 }],
    [`token: ${TOKEN}`, undefined],
  ])('have a port of their own where one is named: %s', (keys, at) => {
    expect(configOf(withServer(`metrics: { ${keys} }`)).server.metrics.at).toEqual(at)
  })

  it('have a token that is a secret like any other', () => {
    const { server } = configOf(withServer('metrics: { token: "${METRICS}" }'), { ...ENV, METRICS: TOKEN })
    expect(metricsTokenOf(server)).toBe(TOKEN)
    expect(JSON.stringify(server)).not.toContain(TOKEN)
    expect(faultOf('metrics: { token: "${METRICS}" }')).toContain(
      'server.metrics.token needs METRICS from the env',
    )
  })

  it.each(['fifteen-is-less', 'sixteen, with a blank', '"sixteen-at-least\\n"', `${TOKEN}-ü`])(
    'do not accept a token that no header can carry or that can be guessed: %s',
    token => {
      const fault = faultOf(`metrics: { token: ${token} }`)
      expect(fault).toMatch(/^server\.metrics\.token must be 16 characters or more, without blanks/)
      expect(fault).not.toContain('teen')
    },
  )

  it.each([
    ['metrics: {}', 'server.metrics needs a port, a token, or both'],
    [`metrics: { host: 10.0.0.1, token: ${TOKEN} }`, 'server.metrics.host needs a port beside it'],
    ['metrics: { port: 8090 }', 'server.metrics.port is the same as server.port'],
    [
      'host: "::", port: 9090, metrics: { host: "::", port: 9090 }',
      'server.metrics.port is the same as server.port',
    ],
    ['metrics: { prot: 9090 }', 'server.metrics.prot is not a key of this block: did you mean port?'],
  ])('with an invalid combination are a fault: %s', (keys, fault) => {
    expect(faultOf(keys)).toContain(fault)
  })

  it.each(['port: 0, metrics: { port: 0 }', 'host: 10.0.0.1, metrics: { port: 8090 }'])(
    'may share a host or a port number, but not both: %s',
    keys => {
      expect(faultOf(keys)).toBe('')
    },
  )
})
