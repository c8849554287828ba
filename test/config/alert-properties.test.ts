import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { ALERT_PERIODS, ALERT_SCOPES, type AlertScope } from '../../src/accounting/alert.ts'
import { formatFaults } from '../../src/config/check.ts'
import { parseConfig } from '../../src/config/load.ts'
import { runs } from '../harness/random-runs.ts'
import { character, letter } from '../random-text.ts'
import { SECRET } from './config-text.ts'

const ROUTERS = ['hq', 'tower', 'mast.2']
const BYTES = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 }
const MINUTE_MS = 60_000

/** Small enough that ten times as much is still a safe integer. */
const size = fc.record({
  number: fc.integer({ min: 1, max: 800 }),
  unit: fc.constantFrom('B', 'KB', 'MB', 'GB', 'TB'),
})
type Size = { readonly number: number; readonly unit: keyof typeof BYTES }
const bytesOf = ({ number, unit }: Size) => number * BYTES[unit]

const share = fc
  .tuple(fc.integer({ min: 0, max: 999 }), fc.stringMatching(/^\d{0,6}$/))
  .filter(([whole, fraction]) => whole > 0 || Number(fraction) > 0)
const threshold = fc.oneof(
  size.map(it => ({ kind: 'size' as const, size: it })),
  share.map(([whole, fraction]) => ({ kind: 'share' as const, whole, fraction })),
)

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/)
const username = fc
  .string({ minLength: 1, maxLength: 12, unit: letter })
  .filter(it => it.trim() !== '' && !it.includes('\0'))

function subjects(scope: AlertScope) {
  if (scope === 'tenant') return fc.constant([])
  return scope === 'user' ? fc.uniqueArray(username, { maxLength: 6 }) : fc.subarray(ROUTERS)
}

/** For each scope and period: at most one usual quota, and up to two for particular subjects. */
const quotas = fc
  .tuple(
    ...ALERT_SCOPES.flatMap(scope =>
      ALERT_PERIODS.map(period =>
        fc
          .tuple(fc.option(size, { nil: undefined }), subjects(scope), size, size)
          .map(([usual, names, first, second]) => {
            const [some, others] = [names.slice(0, 2), names.slice(2)]
            return [
              { scope, period, limit: usual, of: undefined },
              { scope, period, limit: first, of: some },
              { scope, period, limit: second, of: others },
            ].flatMap(({ limit, of, ...key }) =>
              limit === undefined || of?.length === 0 ? [] : [{ ...key, limit, of }],
            )
          }),
      ),
    ),
  )
  .map(all => all.flat())

const alert = fc.oneof(
  fc.record({
    ...{ on: fc.constantFrom('usage' as const, undefined), threshold },
    ...{ scope: fc.constantFrom(...ALERT_SCOPES), period: fc.constantFrom(...ALERT_PERIODS) },
  }),
  fc.record({
    ...{ on: fc.constant('router_offline' as const) },
    minutes: fc.option(fc.integer({ min: 1, max: 9999 }), { nil: undefined }),
  }),
  fc.record({
    ...{ on: fc.constantFrom('session_stalled' as const, 'session_uncounted' as const) },
    scope: fc.constantFrom('user' as const, 'router' as const, undefined),
  }),
)

const block = fc
  .record({
    quotas,
    alerts: fc.uniqueArray(fc.tuple(id, alert), { selector: ([it]) => it, maxLength: 5 }),
    webhooks: fc.uniqueArray(fc.tuple(id, fc.array(fc.nat(), { maxLength: 3 })), { selector: ([it]) => it }),
  })
  .map(({ quotas, alerts, webhooks }) => {
    // A share needs a quota of its scope and period.
    const valid = alerts.filter(
      ([, it]) =>
        !('threshold' in it) ||
        it.threshold.kind === 'size' ||
        quotas.some(({ scope, period }) => scope === it.scope && period === it.period),
    )
    const ids = valid.map(([it]) => it)
    const hooks = webhooks.map(
      ([name, chosen]) => [name, chosen.flatMap(at => ids[at % ids.length] ?? [])] as const,
    )
    return { quotas, alerts: valid, webhooks: hooks }
  })
type Block = typeof block extends fc.Arbitrary<infer T> ? T : never

/** The block as values of the YAML file. */
function written({ quotas, alerts, webhooks }: Block) {
  const sizeText = ({ number, unit }: Size) => `${number}${unit}`
  const router = { host: 'a', username: 'b', password: 'c' }
  const tenant = {
    id: 'acme',
    routers: ROUTERS.map(it => ({ id: it, ...router })),
    quotas: quotas.map(it => ({ ...it, limit: sizeText(it.limit) })),
    alerts: alerts.map(([name, it]) => {
      if ('threshold' in it) {
        const { threshold: wanted, ...keys } = it
        if (wanted.kind === 'size') return { id: name, ...keys, threshold: sizeText(wanted.size) }
        const point = wanted.fraction === '' ? '' : '.'
        return { id: name, ...keys, threshold: `${wanted.whole}${point}${wanted.fraction}%` }
      }
      if (it.on !== 'router_offline') return { id: name, ...it }
      return { id: name, on: it.on, after: it.minutes === undefined ? undefined : `${it.minutes}m` }
    }),
    webhooks: webhooks.map(([name, named]) => ({
      ...{ id: name, url: 'https://noc.example/', secret: 'of twenty-four bytes or more' },
      alerts: named.length === 0 ? undefined : named,
    })),
  }
  return { auth: { secret: SECRET }, tenants: [tenant] }
}

/** Parses values in which keys that are left out are `undefined`. */
function parsed(values: unknown) {
  return parseConfig('config.yaml', stringify(values), {})
}

/** The smallest whole number that is at least `whole.fraction` percent of the quota. */
function leastShare(quota: number, whole: number, fraction: string): number {
  const parts = BigInt(quota) * BigInt(`${whole}${fraction.padEnd(6, '0')}`)
  const full = 100_000_000n
  return Number(parts / full) + (parts % full === 0n ? 0 : 1)
}

test('quotas, alerts and webhooks without contradictions resolve to what is written', () => {
  fc.assert(
    fc.property(block, generated => {
      const loaded = parsed(written(generated))
      if (loaded.kind === 'faulty') throw new Error(formatFaults(loaded.faults))
      const tenant = loaded.config.tenants[0]
      expect(tenant?.alerts).toEqual(
        generated.alerts.map(([name, it]) => {
          if (it.on === 'router_offline')
            return { kind: it.on, id: name, afterMs: (it.minutes ?? 5) * MINUTE_MS }
          if (it.on !== 'usage' && it.on !== undefined)
            return { kind: it.on, id: name, scope: it.scope ?? 'router' }
          const { scope, period, threshold: wanted } = it
          const base = { kind: 'usage', id: name, scope, period }
          if (wanted.kind === 'size') {
            const usual = { threshold: bytesOf(wanted.size), quota: undefined }
            return { ...base, usual, particular: new Map() }
          }
          const limits = generated.quotas
            .filter(quota => quota.scope === scope && quota.period === period)
            .flatMap(({ limit, of }) => {
              const quota = bytesOf(limit)
              const limited = { threshold: leastShare(quota, wanted.whole, wanted.fraction), quota }
              return (of ?? [undefined]).map(subject => [subject, limited] as const)
            })
          return {
            ...{ ...base, usual: limits.find(([subject]) => subject === undefined)?.[1] },
            particular: new Map(limits.filter(([subject]) => subject !== undefined)),
          }
        }),
      )
      const all = generated.alerts.map(([name]) => name)
      expect(tenant?.webhooks.map(it => [it.id, it.rules])).toEqual(
        generated.webhooks.map(([name, named]) => [name, new Set(named.length === 0 ? all : named)]),
      )
    }),
    { numRuns: runs(200), seed: 1 },
  )
})

/** Paths of all lists, blocks and values of the tenant. */
function places(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value)
  const inside = entries.flatMap(([key, it]) => places(it, [...path, key]))
  return [path, ...inside]
}

function replaced(value: unknown, [step, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (step === undefined) return by
  if (Array.isArray(value))
    return value.map((it: unknown, index) => (index === step ? replaced(it, rest, by) : it))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, it]) => [key, key === step ? replaced(it, rest, by) : it]),
  )
}

const KEYS = ['id', 'on', 'scope', 'period', 'threshold', 'limit', 'of', 'after', 'url', 'secret', 'alerts']
const anything = fc.oneof(
  fc.string({ unit: character }),
  fc.jsonValue(),
  fc.dictionary(
    fc.oneof(fc.constantFrom(...KEYS), fc.constantFrom('constructor', '__proto__'), fc.string()),
    fc.jsonValue(),
  ),
  fc.constantFrom('usage', 'user', 'tenant', 'day', '80%', '9000TB', '1000%', 'hq', [], [null], {}),
)

test('any value in any place yields a config or faults', () => {
  fc.assert(
    fc.property(
      block,
      fc.array(fc.tuple(fc.nat(), anything), { minLength: 1, maxLength: 3 }),
      (generated, changes) => {
        const text = changes.reduce<unknown>((values, [at, by]) => {
          const all = places(values).filter(path => path[0] === 'tenants')
          return replaced(values, all[at % all.length] ?? ['tenants'], by)
        }, written(generated))
        const loaded = parsed(text)
        if (loaded.kind === 'loaded') return
        expect(loaded.faults.length).toBeGreaterThan(0)
        for (const { line, column, message } of loaded.faults)
          expect([line > 0, column > 0, message.length > 5]).toEqual([true, true, true])
      },
    ),
    { numRuns: runs(200), seed: 1 },
  )
})

test('any text typed in any place yields a config or faults', () => {
  fc.assert(
    fc.property(
      block,
      fc.nat(),
      fc.nat(9),
      fc.string({ unit: character }),
      (generated, at, removed, typed) => {
        const text = stringify(written(generated))
        const place = at % text.length
        const changed = text.slice(0, place) + typed + text.slice(place + removed)
        expect(['loaded', 'faulty']).toContain(parseConfig('config.yaml', changed, {}).kind)
      },
    ),
    { numRuns: runs(200), seed: 1 },
  )
})

test('no fault shows a secret, wherever in quotas, alerts and webhooks it is written', () => {
  const secret = 'h-8Xq2wPz7Lk'
  let faulty = 0
  fc.assert(
    fc.property(block, fc.nat(), fc.constantFrom(secret, [secret], { [secret]: 1 }), (generated, at, by) => {
      const values = written(generated)
      const all = places(values).filter(path => ['quotas', 'alerts', 'webhooks'].includes(String(path[2])))
      const path = all[at % all.length]
      if (path === undefined) return
      const loaded = parsed(replaced(values, path, by))
      if (loaded.kind === 'loaded') return
      faulty++
      expect(formatFaults(loaded.faults)).not.toContain(secret)
    }),
    { numRuns: runs(200), seed: 1 },
  )
  expect(faulty).toBeGreaterThan(runs(200) / 2)
})
