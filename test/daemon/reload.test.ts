import { expect, test } from 'vitest'
import { reload } from '../../src/daemon/reload.ts'
import { AUTH, configOf } from '../config/config-text.ts'

const CONFIG = configOf(`${AUTH}\ntenants: []`)

/** Parts that tell what they were asked, in its order. */
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

test('another config is taken up by all parts, and says what takes a restart', async () => {
  const its = parts()
  expect(await reload(CONFIG, its)).toEqual(['bucket'])
  expect(its.asked).toEqual(['verifier', 'open connections', 'serving', 'roster', 'alerting'])
})

test('open connections are looked at only if the rules of tokens are others', async () => {
  const its = parts({ isNewRules: false })
  await reload(CONFIG, its)
  expect(its.asked).not.toContain('open connections')
})

test('tokens that were revoked do not wait for the database, and alerts keep the rules of the tenants that are there', async () => {
  const its = parts({ failure: new Error('the database is away') })
  await expect(reload(CONFIG, its)).rejects.toThrow('the database is away')
  expect(its.asked).toEqual(['verifier', 'open connections', 'serving', 'roster'])
})
