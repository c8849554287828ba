import type { Figure } from '../figure.ts'
import { median } from '../measure.ts'
import { type Cost, medianCost } from './cost.ts'
import { PARALLEL, type RadiusCost } from './freeradius.ts'
import type { Rounds } from './rounds.ts'

const TOGETHER = 'UPDATE … FROM unnest of one plain table'
const RADIUS = `FreeRADIUS, ${PARALLEL} packets in flight`
const SHARE_GOAL = { goal: { atLeast: 95 } }

export function figuresOf(rounds: Rounds): readonly Figure[] {
  const ours = medianCost(rounds.ours)
  const together = medianCost(rounds.together)
  const oneByOne = medianCost(rounds.oneByOne)
  const edge = medianCost(rounds.edges)
  const against = (metric: string, unit: string, of: (cost: Cost) => number) =>
    figure(metric, of(ours), unit, { reference: TOGETHER, ratio: of(ours) / of(together) })
  return [
    committed(ours, TOGETHER, together.sessionsPerSecond, { goal: { atLeast: 0.25 } }),
    committed(ours, 'a row and a transaction at a time', oneByOne.sessionsPerSecond),
    ...radiusFigures(ours, rounds.radius),
    figure('heap-only updates of user_sessions', rounds.heapOnly.sessions * 100, '%', SHARE_GOAL),
    figure('heap-only updates of all tables', rounds.heapOnly.all * 100, '%', SHARE_GOAL),
    against('CPU of node for 1,000 sessions', 'ms', it => it.nodeMs),
    against('CPU of Postgres for 1,000 sessions', 'ms', it => it.postgresMs),
    against('WAL a session', 'bytes', it => it.walBytes),
    figure('WAL a session, first time after a checkpoint', rounds.afterCheckpoint.walBytes, 'bytes', {}),
    committed(edge, 'within a bucket', ours.sessionsPerSecond, { metric: 'sessions at a bucket’s edge' }),
  ]
}

function radiusFigures(ours: Cost, rounds: readonly RadiusCost[]): readonly Figure[] {
  if (rounds.length === 0) return []
  const cpuMs = median(rounds.map(it => it.cpuMs))
  const ourMs = ours.nodeMs + ours.postgresMs
  return [
    committed(ours, RADIUS, median(rounds.map(it => it.updatesPerSecond)), { goal: { atLeast: 25 } }),
    figure('CPU for 1,000 sessions', ourMs, 'ms', { reference: RADIUS, ratio: ourMs / cpuMs }),
  ]
}

function committed({ sessionsPerSecond }: Cost, reference: string, rate: number, more: Partial<Figure> = {}) {
  const ratio = sessionsPerSecond / rate
  return figure('sessions committed', sessionsPerSecond, 'sessions/s', { reference, ratio, ...more })
}

function figure(metric: string, value: number, unit: string, more: Partial<Figure>): Figure {
  return { name: 'commit', metric, value, unit, ...more }
}
