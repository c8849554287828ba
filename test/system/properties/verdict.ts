import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { addSums, type ByteSum, NO_SUM } from '../../../src/accounting/bytes.ts'
import type { Session } from '../../../src/accounting/session.ts'
import { SERVICES, type SimulatedService, simulated } from '../../harness/services.ts'
import { SECOND_MS } from './history.ts'
import type { Life } from './life.ts'
import { type Piece, slowSplit } from './slow-split.ts'
import { type Sums, sumsOf } from './sums.ts'
import type { DeltaRow, FourTables, SessionRow } from './tables.ts'

type OfSubscriber = Pick<SessionRow, 'service' | 'username'>
const subscriber = ({ service, username }: OfSubscriber) => `${service} ${username}`
const bucket = ({ id, bucketStartMs }: Pick<DeltaRow, 'id' | 'bucketStartMs'>) => `${id} ${bucketStartMs}`

/**
 * Expects recorded and read bytes to be equal for every subscriber without a lie, and every session to be one. For the
 * others, less may be recorded, by at most what untrue readings carried, and never more.
 */
export function expectRecordedIsRead({ truths, history }: Life, tables: FourTables): void {
  const sums = (of: 'carried' | 'slack') =>
    sumsOf(
      SERVICES.flatMap(service =>
        Array.from(truths[service][of], ([username, bytes]) => ({ service, username, bytes })),
      ),
      subscriber,
      it => it.bytes,
    )
  const [read, slack] = [sums('carried'), sums('slack')]
  const recorded = new Map(sumsOf(tables.sessions, subscriber, row => row))
  for (const [who, { upload, download }] of slack) {
    const [most, is] = [read.get(who) ?? NO_SUM, recorded.get(who) ?? NO_SUM]
    const short = { upload: most.upload - is.upload, download: most.download - is.download }
    const isWithin =
      [short.upload, short.download].every(it => it >= 0n) &&
      short.upload <= upload &&
      short.download <= download
    if (isWithin) recorded.set(who, most)
    else
      expect({ who, most, is, short }, 'short by at most what untrue readings carried').toEqual({
        upload,
        download,
      })
  }
  expectSame('read', new Map([...recorded].filter(([, sum]) => sum.upload + sum.download > 0n)), read)
  const shown = SERVICES.reduce((sum, service) => sum + truths[service].shown.size, 0)
  const lies = SERVICES.reduce((sum, service) => sum + truths[service].lies, 0)
  if (history.isHonest) expect(tables.sessions.length, 'as many sessions as there were').toBe(shown)
  else
    expect(tables.sessions.length, 'at most as many sessions as were shown').toBeLessThanOrEqual(shown + lies)
}

/** Expects each bucket and each day to have what a slow split puts there. */
export function expectDaysAndBuckets(life: Life, tables: FourTables): void {
  const pieces = [...piecesOf(life)]
  expectSame(
    'buckets',
    sumsOf(tables.deltas, bucket, row => row),
    sumsOf(
      pieces,
      ({ session, piece }) => bucket({ id: session.id, bucketStartMs: piece.bucketStartMs }),
      ({ piece }) => piece,
    ),
  )
  expectSame(
    'days',
    sumsOf(
      tables.daily,
      row => `${row.day} ${subscriber(row)}`,
      row => row,
    ),
    sumsOf(
      pieces,
      ({ session, piece }) =>
        `${piece.day} ${subscriber({ ...session, service: simulated(session.service) })}`,
      ({ piece }) => piece,
    ),
  )
}

function* piecesOf({ daemon, history }: Life): Iterable<{ session: Session; piece: Piece }> {
  for (const { session, counted } of daemon.counted)
    for (const piece of slowSplit(counted, history.bucketMs, history.timezone)) yield { session, piece }
}

/** Expects the four tables to agree on their bytes, by all that they have in common. */
export function expectSumsAgree({ sessions, deltas, daily, tenantDaily }: FourTables): void {
  const id = (it: { id: string }) => it.id
  expectSame(
    'a session’s buckets',
    sumsOf(deltas, id, row => row),
    sumsOf(sessions, id, row => row),
  )
  const bySubscriber = sumsOf(sessions, subscriber, row => row)
  expectSame(
    'a subscriber’s days',
    sumsOf(daily, subscriber, row => row),
    bySubscriber,
  )
  const dayOf = ({ day, service }: { day: string; service: SimulatedService }) => `${day} ${service}`
  expectSame(
    'a tenant’s days',
    sumsOf(tenantDaily, dayOf, row => row),
    sumsOf(daily, dayOf, row => row),
  )
}

/** Expects today, this month and the total to be as in the tables; live snapshots show these. */
export function expectRollupAgrees({ daemon: { book } }: Life, { tenantDaily }: FourTables): void {
  const days = sumsOf(
    tenantDaily,
    row => row.day,
    row => row,
  )
  expect(book.rollup.total, 'the total').toEqual([...days.values()].reduce(addSums, NO_SUM))
  for (const [day, sum] of days) expect(book.rollup.day(day), day).toEqual(sum)
}

/** Expects the reported events to be exactly what happened. */
export function expectEvents({ truths, daemon, history }: Life): void {
  if (!history.isHonest || truths.hotspot.slack.size + truths.ppp.slack.size > 0) return
  const kinds = daemon.tables.events.map(event => event.kind)
  const count = (kind: string) => kinds.filter(it => it === kind).length
  const sum = (of: 'resets' | 'baselines') => truths.hotspot[of] + truths.ppp[of]
  expect(
    { resets: count('reset'), baselines: count('baseline'), quarantines: count('quarantine') },
    'what is reported',
  ).toEqual({ resets: sum('resets'), baselines: sum('baselines'), quarantines: 0 })
}

/**
 * Expects each delta's span to begin where the previous one ended, or at the login, as precisely as the router's clock
 * allows (docs/accounting.md rule 15).
 */
export function expectSpans({ truths, daemon, history }: Life): void {
  for (const service of SERVICES) {
    const { doubtful } = truths[service]
    const isSure = ({ username }: { username: string }) => !doubtful.has(username)
    const sure = daemon.counted.filter(it => it.session.service === service && isSure(it.session))
    const spans = sure.map(({ session: { username }, counted: { delta, from } }) => {
      return { username, ...delta, fromMs: from.getTime() }
    })
    const carried = truths[service].deltas.filter(isSure).sort(byBytes)
    for (const [index, span] of spans.sort(byBytes).entries()) {
      const { fromMs = 0 } = carried[index] ?? {}
      const slackMs = 15 * SECOND_MS + history.router.upForMs * 1e-4
      expect(Math.abs(span.fromMs - fromMs), `the span of ${span.username}`).toBeLessThan(slackMs)
    }
  }
}

interface Span {
  readonly username: string
  readonly upload: number
  readonly download: number
  readonly fromMs: number
}

function byBytes(a: Span, b: Span): number {
  const byName = a.username < b.username ? -1 : a.username > b.username ? 1 : 0
  return byName || a.upload - b.upload || a.download - b.download || a.fromMs - b.fromMs
}

function expectSame(what: string, recorded: Sums, expected: Sums): void {
  if (!isDeepStrictEqual(recorded, expected)) expect(plain(recorded), what).toEqual(plain(expected))
}

function plain(sums: Sums): Readonly<Record<string, ByteSum>> {
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)))
}
