import { setTimeout as sleep } from 'node:timers/promises'
import { HAS_NATS, NatsServer } from '../../../harness/nats-server.ts'
import { BenchChild } from '../child.ts'
import type { Bench, BenchRun, Figure } from '../figure.ts'
import { cpuMsOf, percentile } from '../measure.ts'
import type { Counts, DaemonQuestion } from './bus-messages.ts'

const TENANTS = 10_000
const DAEMONS = 4
/** Tenants of other daemons that somebody asks for, at each daemon. */
const WATCHED = 500
const SETTLE_MS = 12_000
const MEASURE_MS = 30_000
const INTERVAL_S = 5

interface Measured {
  readonly seconds: number
  readonly daemonsMs: number
  readonly serverMs: number
  readonly published: number
  readonly received: number
  readonly bytes: number
  readonly agesMs: readonly number[]
}

export const BUS: Bench = {
  name: 'bus',
  about: `${TENANTS} tenants of 20 sessions at ${DAEMONS} daemons, each showing ${WATCHED} of the others'`,
  async run({ say, leaveOut }: BenchRun): Promise<readonly Figure[]> {
    if (!HAS_NATS) {
      leaveOut('bus', 'nats-server is not installed')
      return []
    }
    say('exchanging')
    const exchanged = await measure((url, number) => ({
      ...{ kind: 'begin', url, number, daemons: DAEMONS, tenants: TENANTS, watched: WATCHED },
    }))
    say('only publishing')
    const bytes = Math.round(exchanged.bytes / exchanged.published)
    const bare = await measure(url => ({ kind: 'bare', url, messages: TENANTS / DAEMONS, bytes }))
    return figures(exchanged, bare)
  },
}

async function measure(question: (url: string, number: number) => DaemonQuestion): Promise<Measured> {
  const nats = await NatsServer.start()
  const daemons = Array.from(
    { length: DAEMONS },
    () => new BenchChild(new URL('daemon-child.ts', import.meta.url)),
  )
  const ask = () => Promise.all(daemons.map(daemon => daemon.ask<Counts>({ kind: 'counts' })))
  try {
    await Promise.all(daemons.map((daemon, number) => daemon.ask(question(nats.url, number))))
    await sleep(SETTLE_MS)
    const before = await ask()
    const serverMs = cpuMsOf(nats.pid)
    const beganMs = performance.now()
    await sleep(MEASURE_MS)
    const after = await ask()
    const sum = (of: (counts: Counts) => number) =>
      after.reduce((total, it, index) => total + of(it) - of(before[index] ?? it), 0)
    return {
      seconds: (performance.now() - beganMs) / 1_000,
      daemonsMs: sum(it => it.cpuMs),
      serverMs: cpuMsOf(nats.pid) - serverMs,
      published: sum(it => it.published),
      received: sum(it => it.received),
      bytes: sum(it => it.bytes),
      agesMs: after.flatMap(it => it.agesMs),
    }
  } finally {
    await Promise.all(daemons.map(daemon => daemon.stop()))
    await nats.kill()
  }
}

function figures(exchanged: Measured, bare: Measured): readonly Figure[] {
  const { name } = BUS
  const cores = (ms: number, { seconds }: Measured) => ms / 1_000 / seconds
  const [ours, theirs] = [cores(exchanged.daemonsMs, exchanged), cores(bare.daemonsMs, bare)]
  return [
    {
      name,
      metric: 'messages published',
      value: exchanged.published / exchanged.seconds,
      unit: 'messages/s',
    },
    { name, metric: 'messages received', value: exchanged.received / exchanged.seconds, unit: 'messages/s' },
    { name, metric: 'bytes a message', value: exchanged.bytes / exchanged.published, unit: 'bytes' },
    {
      ...{ name, metric: `CPU of ${DAEMONS} daemons`, value: ours, unit: 'cores' },
      ...{ reference: 'NATS client, publishing as much', ratio: ours / theirs },
    },
    { name, metric: 'CPU of nats-server', value: cores(exchanged.serverMs, exchanged), unit: 'cores' },
    {
      ...{
        name,
        metric: 'age of others’ numbers, p99',
        value: percentile(exchanged.agesMs, 0.99),
        unit: 'ms',
      },
      goal: { atMost: INTERVAL_S * 1_000 + 500 },
    },
  ]
}
