import { expect, test } from 'vitest'
import {
  BUS_FAULTS,
  BUS_LINK_FAULTS,
  DAEMON_FAULTS,
  DISK_FAULTS,
  LINK_FAULTS,
  POSTGRES_FAULTS,
  RELOADS,
  ROUTER_FAULTS,
  ROUTER_LIES,
} from './kinds.ts'
import { type Plan, planOf } from './plan.ts'

const OPTIONS = { seed: 1, minutes: 5, routers: 8, daemons: 2, hasLies: false, hasBus: false }

function countOf(faults: readonly { kind: string }[], kind: string): number {
  return faults.filter(it => it.kind === kind).length
}

test('the same seed makes the same plan, and another seed another one', () => {
  expect(planOf(OPTIONS)).toEqual(planOf(OPTIONS))
  expect(planOf({ ...OPTIONS, seed: 2 })).not.toEqual(planOf(OPTIONS))
})

test('in five minutes each kind of fault comes five times or more', () => {
  const plan = planOf(OPTIONS)
  for (const kind of ROUTER_FAULTS) expect(countOf(plan.routers, kind)).toBeGreaterThanOrEqual(5)
  for (const kind of POSTGRES_FAULTS) expect(countOf(plan.postgres, kind)).toBeGreaterThanOrEqual(5)
  for (const kind of DISK_FAULTS) expect(countOf(plan.disks, kind)).toBeGreaterThanOrEqual(5)
  for (const kind of LINK_FAULTS) expect(countOf(plan.links, kind)).toBeGreaterThanOrEqual(5)
  for (const kind of RELOADS) expect(countOf(plan.reloads, kind)).toBeGreaterThanOrEqual(5)
  for (const kind of DAEMON_FAULTS) expect(countOf(plan.daemons, kind)).toBeGreaterThanOrEqual(5)
})

test('a bus adds its own faults, and changes no other', () => {
  const { bus, links, ...others } = planOf({ ...OPTIONS, hasBus: true })
  for (const kind of BUS_FAULTS) expect(countOf(bus, kind)).toBeGreaterThanOrEqual(5)
  for (const kind of [...LINK_FAULTS, ...BUS_LINK_FAULTS])
    expect(countOf(links, kind)).toBeGreaterThanOrEqual(5)
  const without = planOf(OPTIONS)
  expect({ ...others, bus: [], links: without.links }).toEqual(without)
  for (const kind of BUS_LINK_FAULTS) expect(countOf(without.links, kind)).toBe(0)
})

test('routers lie as a whole ten times or more per kind, if lies are wanted', () => {
  const plan = planOf({ ...OPTIONS, hasLies: true })
  for (const kind of ROUTER_LIES) {
    expect(countOf(plan.routers, kind)).toBeGreaterThanOrEqual(10)
    expect(countOf(planOf(OPTIONS).routers, kind)).toBe(0)
  }
})

test('a router has one fault at a time', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const plan: Plan = planOf({ ...OPTIONS, seed })
    for (let router = 0; router < OPTIONS.routers; router++) {
      const faults = plan.routers.filter(it => it.router === router)
      for (const [index, fault] of faults.entries()) {
        const before = faults[index - 1]
        expect(fault.atMs).toBeGreaterThan(before ? before.atMs + before.forMs : -1)
      }
    }
  }
})

test('one daemon alone is never taken over', () => {
  const { daemons } = planOf({ ...OPTIONS, daemons: 1 })
  expect(daemons.length).toBeGreaterThan(0)
  for (const kind of ['SIGSTOP, long', 'kill -9, taken over', 'SIGTERM, back later'])
    expect(countOf(daemons, kind)).toBe(0)
})
