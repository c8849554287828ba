import type { Bench, BenchRun, Figure } from '../figure.ts'
import { median, percentile } from '../measure.ts'
import { Scene } from './scene.ts'

const SIZE = { tenants: 500, clients: 5_000 }
const FROZEN = 50
const ROUNDS = 3
/** Includes one ping of each client. */
const WATCH_MS = 30_000
/** Includes a ping that goes unanswered, but not the next one. */
const FREEZE_MS = 20_000

interface Round {
  readonly framesPerCpuSecond: number
  readonly cores: number
  /** In V8's heap and outside of it. */
  readonly heldBytesAClient: number
  readonly residentBytesAClient: number
}

interface OurRound extends Round {
  readonly delayP50Ms: number
  readonly delayP99Ms: number
  readonly lateP99Ms: number
  readonly frozenLateP99Ms: number
  readonly bytesAFrozen: number
}

export const FEED: Bench = {
  name: 'feed',
  about: `${SIZE.clients} clients of ${SIZE.tenants} tenants, a snapshot each second, against ws by itself`,
  async run({ say }: BenchRun): Promise<readonly Figure[]> {
    const ours: OurRound[] = []
    const bare: Round[] = []
    for (let round = 1; round <= ROUNDS; round++) {
      say(`round ${round} of ${ROUNDS}`)
      ours.push(await withScene(measureOurs))
      bare.push(await withScene(measureBare))
    }
    return figures(ours, bare)
  },
}

async function withScene<Result>(measure: (scene: Scene) => Promise<Result>): Promise<Result> {
  const scene = new Scene(SIZE)
  try {
    return await measure(scene)
  } finally {
    await scene.stop()
  }
}

async function measureBare(scene: Scene): Promise<Round> {
  const { round } = await measure(scene, 'bare')
  return round
}

async function measureOurs(scene: Scene): Promise<OurRound> {
  const { round, watched } = await measure(scene, 'tikmeter')
  const before = await scene.memory()
  await scene.freeze(FROZEN)
  const withFrozen = await scene.watch(FREEZE_MS)
  const after = await scene.memory()
  return {
    ...round,
    delayP50Ms: percentile(watched.delaysMs, 0.5),
    delayP99Ms: percentile(watched.delaysMs, 0.99),
    lateP99Ms: percentile(watched.latenessMs, 0.99),
    frozenLateP99Ms: percentile(withFrozen.latenessMs, 0.99),
    bytesAFrozen: (after.heldBytes - before.heldBytes) / FROZEN,
  }
}

async function measure(scene: Scene, server: 'tikmeter' | 'bare') {
  const empty = await scene.connect(server)
  const full = await scene.memory()
  const beganCpuMs = await scene.cpuMs()
  const watched = await scene.watch(WATCH_MS)
  const cpuMs = (await scene.cpuMs()) - beganCpuMs
  const round: Round = {
    framesPerCpuSecond: watched.frames / (cpuMs / 1_000),
    cores: cpuMs / WATCH_MS,
    heldBytesAClient: (full.heldBytes - empty.heldBytes) / SIZE.clients,
    residentBytesAClient: (full.residentBytes - empty.residentBytes) / SIZE.clients,
  }
  return { round, watched }
}

function figures(ours: readonly OurRound[], bare: readonly Round[]): readonly Figure[] {
  const name = 'feed'
  const our = (value: (round: OurRound) => number) => median(ours.map(value))
  const against = (value: (round: Round) => number) => ({
    value: median(ours.map(value)),
    reference: 'ws, frames ready',
    ratio: median(ours.map(value)) / median(bare.map(value)),
  })
  return [
    { name, metric: 'snapshot to client, p50', value: our(it => it.delayP50Ms), unit: 'ms' },
    {
      ...{ name, metric: 'snapshot to client, p99', value: our(it => it.delayP99Ms), unit: 'ms' },
      goal: { atMost: 100 },
    },
    {
      ...{ name, metric: 'when its turn was to client, p99', value: our(it => it.lateP99Ms), unit: 'ms' },
      goal: { atMost: 100 },
    },
    {
      ...{ name, metric: 'frames sent', unit: 'frames/CPU s', ...against(it => it.framesPerCpuSecond) },
      goal: { atLeast: 0.8 },
    },
    { name, metric: 'CPU of the server', unit: 'cores', ...against(it => it.cores) },
    { name, metric: 'heap a client', unit: 'kB', ...against(it => it.heldBytesAClient / 1_000) },
    {
      ...{ name, metric: 'resident memory a client', unit: 'kB' },
      value: our(it => it.residentBytesAClient / 1_000),
    },
    {
      ...{ name, metric: `with ${FROZEN} frozen: turn to the others, p99`, unit: 'ms' },
      ...{ value: our(it => it.frozenLateP99Ms), goal: { atMost: 100 } },
    },
    {
      ...{ name, metric: 'memory added a frozen client', unit: 'kB' },
      ...{ value: our(it => it.bytesAFrozen / 1_000), goal: { atMost: 200 } },
    },
  ]
}
