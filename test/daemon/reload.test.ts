import { expect, test } from 'vitest'
import { reload } from '../../src/daemon/reload.ts'
import { AUTH, configOf } from '../config/config-text.ts'

const CONFIG = configOf(`${AUTH}\ntenants: []`)

/** Parts that record their calls, in order. */
function parts({ isNewRules = true, failure }: { isNewRules?: boolean; failure?: Error } = {}) {
  const asked: string[] = []
  return {
    asked,
    verifier: {
      apply: () => {
        asked.push('verifier')
        return isNewRules
      },
    },
    serving: {
      rulesChanged: async () => void asked.push('open connections'),
      apply: () => void asked.push('serving'),
    },
    membership: { setTerms: () => {} },
    roster: {
      apply: async () => {
        asked.push('roster')
        if (failure) throw failure
        return ['bucket']
      },
    },
    alerting: { apply: () => void asked.push('alerting') },
  }
}

test('a changed config is applied by all parts, and returns the keys that require a restart', async () => {
  const its = parts()
  expect(await reload(CONFIG, its)).toEqual(['bucket'])
  expect(its.asked).toEqual(['verifier', 'open connections', 'serving', 'roster', 'alerting'])
})

test('open connections are verified again only if the rules of tokens changed', async () => {
  const its = parts({ isNewRules: false })
  await reload(CONFIG, its)
  expect(its.asked).not.toContain('open connections')
})

test('revoked tokens do not wait for the database, and alerts keep the rules of the current tenants', async () => {
  const its = parts({ failure: new Error('the database is away') })
  await expect(reload(CONFIG, its)).rejects.toThrow('the database is away')
  expect(its.asked).toEqual(['verifier', 'open connections', 'serving', 'roster'])
})
