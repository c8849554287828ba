import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SESSIONS_A_ROUTER } from '../commit/steady-router.ts'
import type { Bench, Figure } from '../figure.ts'
import { median } from '../measure.ts'
import { numberText } from '../table.ts'
import { type BareCost, writeBare } from './bare-file.ts'
import { type FlushCost, JournaledFleet } from './journaled-fleet.ts'

const ROUNDS = 9
const FLUSHES = 40
/** Routers read in a quarter of a second, the time between two flushes: with 200,000 sessions, and with a million. */
const SIZES = [50, 250] as const
const BARE = 'write and fdatasync of the same bytes'

/** The type of an in-memory file system. */
const TMPFS = 0x01021994

export const JOURNAL: Bench = {
  name: 'journal',
  about: 'session readings made durable, against the bare writing of their bytes',
  async run(bench) {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-bench-'))
    try {
      if ((await statfs(folder)).type === TMPFS) {
        bench.leaveOut('journal', `${tmpdir()} is in memory: set TMPDIR to a folder on a disk`)
        return []
      }
      const figures: Figure[] = []
      for (const routers of SIZES) figures.push(...(await measure(folder, routers, bench.say)))
      return figures
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function measure(
  folder: string,
  routers: number,
  say: (line: string) => void,
): Promise<readonly Figure[]> {
  const fleet = new JournaledFleet(join(folder, `journal-${routers}`), routers)
  const journaled: FlushCost[] = []
  const bare: BareCost[] = []
  await fleet.start()
  try {
    await fleet.grow(FLUSHES)
    for (let round = 0; round < ROUNDS; round++) {
      const cost = await fleet.grow(FLUSHES)
      journaled.push(cost)
      bare.push(await writeBare(folder, fleet.disk.take(), cost.readings))
    }
  } finally {
    await fleet.stop()
  }
  const readings = numberText(routers * SESSIONS_A_ROUTER)
  say(`${readings} session readings a flush`)
  const perSecond = (costs: readonly FlushCost[]) => median(costs.map(it => (it.readings / it.ms) * 1_000))
  const cpuUs = (costs: readonly FlushCost[]) => median(costs.map(it => (it.cpuMs / it.readings) * 1_000))
  return [
    {
      ...{ name: 'journal', metric: `made durable, ${readings} a flush`, unit: 'session readings/s' },
      ...{ value: perSecond(journaled), reference: BARE, ratio: perSecond(journaled) / perSecond(bare) },
      goal: { atLeast: 0.7 },
    },
    {
      ...{ name: 'journal', metric: `CPU a session reading, ${readings} a flush`, unit: 'µs' },
      ...{ value: cpuUs(journaled), reference: BARE, ratio: cpuUs(journaled) / cpuUs(bare) },
    },
    {
      ...{ name: 'journal', metric: `a session reading, ${readings} a flush`, unit: 'bytes' },
      // Over all rounds: in some a segment begins, which repeats every session.
      ...{ value: sumOf(bare, it => it.bytes) / sumOf(bare, it => it.readings), goal: { atMost: 16 } },
    },
  ]
}

function sumOf(costs: readonly BareCost[], of: (cost: BareCost) => number): number {
  return costs.reduce((sum, cost) => sum + of(cost), 0)
}
