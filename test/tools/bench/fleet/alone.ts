import type { Bench, BenchRun, Figure } from '../figure.ts'
import { cpuMsOf } from '../measure.ts'
import { BarePoller } from './bare-poller.ts'
import { FastFleetProcess } from './simulated/fleet-process.ts'

const ROUTERS = 1_000
const SESSIONS = 200
const INTERVAL_MS = 5_000
const WARM_UP_ROUNDS = 2
const ROUNDS = 4
const CHURN_A_MINUTE = 0.01
/** The prototype's fleet, from performance.md. */
const PROTOTYPE_CORES = 0.05

/** The cost of the simulated routers themselves, so that it is not taken for the daemon's. */
export const ALONE: Bench = {
  name: 'fleet-alone',
  about: 'the simulated routers of 200k sessions at 5 s, polled by who looks at nothing',
  isLong: true,
  run,
}

async function run({ say }: BenchRun): Promise<readonly Figure[]> {
  const fleet = await FastFleetProcess.start({ seed: 1, routers: ROUTERS, sessions: SESSIONS })
  const poller = new BarePoller()
  try {
    await poller.connect(ROUTERS, fleet.port)
    await fleet.churn(CHURN_A_MINUTE)
    for (let round = 0; round < WARM_UP_ROUNDS; round++) await poller.pollRound(INTERVAL_MS)
    say('measuring')
    await fleet.begin()
    const beganMs = performance.now()
    const before = { cpuMs: cpuMsOf(fleet.pid), bytes: poller.bytes }
    for (let round = 0; round < ROUNDS; round++) await poller.pollRound(INTERVAL_MS)
    const tookMs = performance.now() - beganMs
    const cpuMs = cpuMsOf(fleet.pid) - before.cpuMs
    const { sessionReadings } = await fleet.report(INTERVAL_MS)
    const cores = cpuMs / tookMs
    const name = ALONE.name
    return [
      {
        name,
        metric: 'fleet',
        value: cores,
        unit: 'cores',
        reference: 'prototype',
        ratio: cores / PROTOTYPE_CORES,
      },
      { name, metric: 'session readings', value: (sessionReadings / tookMs) * 1000, unit: '1/s' },
      { name, metric: 'a session reading', value: (cpuMs * 1000) / sessionReadings, unit: 'µs' },
      { name, metric: 'replies', value: (poller.bytes - before.bytes) / tookMs / 1000, unit: 'MB/s' },
    ]
  } finally {
    poller.close()
    await fleet.stop()
  }
}
