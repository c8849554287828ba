import { readFileSync } from 'node:fs'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { AUTHORITY_PATH } from '../../../harness/fleet/certificate.ts'
import { BenchChild, type Memory } from '../child.ts'
import type { Bench, BenchRun, Figure } from '../figure.ts'
import { median } from '../measure.ts'
import type { DaemonQuestion, Ports } from './idle-messages.ts'

const ROUTERS = 1_000
const ROUNDS = 3
const SETTLE_MS = 5_000
const IDLE_MS = 15_000
const KIBIBYTE = 1_024

interface Round {
  readonly coresShare: number
  readonly residentBytes: number
  readonly heldBytes: number
}

export const IDLE: Bench = {
  name: 'idle',
  about: `${ROUTERS} routers connected, read once and then left alone`,
  async run({ say }: BenchRun): Promise<readonly Figure[]> {
    const ca = readFileSync(AUTHORITY_PATH, 'utf8')
    const plain: Round[] = []
    const tls: Round[] = []
    for (let round = 1; round <= ROUNDS; round++) {
      say(`round ${round} of ${ROUNDS}`)
      plain.push(await measure(ports => ({ kind: 'connect', routers: ROUTERS, port: ports.plain })))
      tls.push(await measure(ports => ({ kind: 'connect', routers: ROUTERS, port: ports.tls, ca })))
    }
    return figures(plain, tls)
  },
}

async function measure(connect: (ports: Ports) => DaemonQuestion): Promise<Round> {
  const routers = new BenchChild(new URL('routers-child.ts', import.meta.url))
  const daemon = new BenchChild(new URL('daemon-child.ts', import.meta.url))
  const ofMemory: DaemonQuestion = { kind: 'memory' }
  const ofCpu: DaemonQuestion = { kind: 'cpu' }
  try {
    const ports = await routers.ask<Ports>({})
    const empty = await daemon.ask<Memory>(ofMemory)
    await daemon.ask(connect(ports))
    await sleep(SETTLE_MS)
    const full = await daemon.ask<Memory>(ofMemory)
    const beganCpuMs = await daemon.ask<number>(ofCpu)
    await sleep(IDLE_MS)
    const cpuMs = (await daemon.ask<number>(ofCpu)) - beganCpuMs
    return {
      coresShare: cpuMs / IDLE_MS,
      residentBytes: (full.residentBytes - empty.residentBytes) / ROUTERS,
      heldBytes: (full.heldBytes - empty.heldBytes) / ROUTERS,
    }
  } finally {
    await Promise.all([routers.stop(), daemon.stop()])
  }
}

function figures(plain: readonly Round[], tls: readonly Round[]): readonly Figure[] {
  const name = 'idle'
  const kibibytes = (rounds: readonly Round[], value: (round: Round) => number) =>
    median(rounds.map(value)) / KIBIBYTE
  const percent = (rounds: readonly Round[]) => median(rounds.map(it => it.coresShare)) * 100
  return [
    { name, metric: 'CPU beside polls', value: percent(plain), unit: '% of a core', goal: { atMost: 2 } },
    {
      ...{ name, metric: 'resident memory a connection, TCP', unit: 'KiB' },
      ...{ value: kibibytes(plain, it => it.residentBytes), goal: { atMost: 120 } },
    },
    {
      ...{ name, metric: 'of that in the heap', unit: 'KiB' },
      value: kibibytes(plain, it => it.heldBytes),
    },
    { name, metric: 'CPU beside polls, TLS', value: percent(tls), unit: '% of a core' },
    {
      ...{ name, metric: 'resident memory a connection, TLS', unit: 'KiB' },
      value: kibibytes(tls, it => it.residentBytes),
    },
  ]
}

function sleep(ms: number): Promise<void> {
  return systemClock.sleep(ms, new AbortController().signal)
}
