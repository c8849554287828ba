import { BenchChild } from '../child.ts'
import type { Bench, BenchRun, Figure } from '../figure.ts'
import { tenantsOf } from '../fleet/config.ts'
import { cpuMsOf, percentile } from '../measure.ts'
import type { ClientsQuestion, Crowd, Live } from './reconnect-messages.ts'
import { RestartedDaemon } from './restarted-daemon.ts'

const CLIENTS = 2_000
const TENANTS = 50
const SESSIONS_A_ROUTER = 100
/**
 * No more than an address may have, because pusher-js cannot have separate addresses. It reconnects slowly: a second
 * after the end, and fifteen seconds later if nobody listens yet.
 */
const PUSHER_CLIENTS = 100
const PUSHER = { key: 'bench', secret: 'the secret of the bench' }
/** The greatest number of connections of a tenant. */
const MOST_OF_ONE = 1_000
const LIVE_WITHIN_S = 10
const GIVE_UP_MS = 60_000

interface Case {
  readonly name: string
  readonly signal: 'SIGTERM' | 'SIGKILL'
  readonly crowd: Crowd
}

interface Restart {
  readonly live: Live
  readonly signalledMs: number
  readonly listeningMs: number
  /** CPU of the new daemon, from its start until all were live. */
  readonly cpuMs: number
}

const CASES: readonly Case[] = [
  { name: 'SIGTERM', signal: 'SIGTERM', crowd: evenCrowd() },
  { name: 'kill -9', signal: 'SIGKILL', crowd: evenCrowd() },
  { name: 'SIGTERM, half of one tenant', signal: 'SIGTERM', crowd: lopsidedCrowd() },
]

export const RECONNECT: Bench = {
  name: 'reconnect',
  about: `${CLIENTS} clients of ${TENANTS} tenants, and ${PUSHER_CLIENTS} of pusher-js, when the daemon starts again`,
  isLong: true,
  async run(bench) {
    const daemon = await RestartedDaemon.create({
      ...{ tenants: TENANTS, sessionsARouter: SESSIONS_A_ROUTER, pusher: PUSHER },
    })
    try {
      bench.say(`starting ${TENANTS} routers, PostgreSQL and the daemon`)
      await daemon.prepare()
      await daemon.start()
      const figures: Figure[] = []
      for (const one of CASES) figures.push(...figuresOf(one, await restart(one, daemon, bench)))
      return figures
    } finally {
      await daemon.stop()
    }
  },
}

function evenCrowd(): Crowd {
  const tenants = tenantsOf(TENANTS).map(({ id }) => ({ id, clients: CLIENTS / TENANTS }))
  return { tenants, pusher: { key: PUSHER.key, clients: PUSHER_CLIENTS } }
}

/** One tenant has as many clients as it may, and the others share the rest. */
function lopsidedCrowd(): Crowd {
  const { tenants } = evenCrowd()
  const others = CLIENTS - MOST_OF_ONE
  return {
    tenants: tenants.map(({ id }, number) => ({
      id,
      clients: number === 0 ? MOST_OF_ONE : share(others, tenants.length - 1, number - 1),
    })),
    pusher: { key: PUSHER.key, clients: 0 },
  }
}

/** The share of part `index` of `parts`. */
function share(count: number, parts: number, index: number): number {
  return Math.floor(((index + 1) * count) / parts) - Math.floor((index * count) / parts)
}

async function restart(tried: Case, daemon: RestartedDaemon, { say }: BenchRun): Promise<Restart> {
  const clients = new BenchChild(new URL('clients-child.ts', import.meta.url))
  const ask = (question: ClientsQuestion) => clients.ask<Live>(question)
  try {
    await ask({ kind: 'connect', port: daemon.port, crowd: tried.crowd })
    say(`${tried.name}: all are connected`)
    const signalledMs = Date.now()
    await daemon.end(tried.signal)
    // Snapshots made before this are the old daemon's.
    const back = ask({ kind: 'await', sinceMs: Date.now(), withinMs: GIVE_UP_MS })
    const listeningMs = await daemon.start()
    const live = await back
    const cpuMs = cpuMsOf(daemon.pid)
    say(`${tried.name}: ${live.attempts} attempts; ends: ${JSON.stringify(live.ends)}`)
    return { live, signalledMs, listeningMs, cpuMs }
  } finally {
    await clients.stop()
  }
}

function figuresOf(tried: Case, { live, signalledMs, listeningMs, cpuMs }: Restart): readonly Figure[] {
  const seconds = (atMs: number, sinceMs: number) => (atMs - sinceMs) / 1_000
  const figure = (metric: string, value: number, unit: string, goal?: Figure['goal']): Figure => ({
    ...{ name: RECONNECT.name, metric: `${tried.name}: ${metric}`, value, unit },
    ...(goal && { goal }),
  })
  const { feedAtMs, pusherAtMs } = live
  const [medianMs, lastMs] = [percentile(feedAtMs, 0.5), Math.max(...feedAtMs)]
  const pushers = tried.crowd.pusher.clients
  return [
    figure('from the signal until it listens again', seconds(listeningMs, signalledMs), 's'),
    figure('clients on live snapshots', feedAtMs.length, '', { atLeast: CLIENTS }),
    figure('listening to the median client', seconds(medianMs, listeningMs), 's'),
    figure('listening to the last client', seconds(lastMs, listeningMs), 's', { atMost: LIVE_WITHIN_S }),
    figure('from the signal to the median client', seconds(medianMs, signalledMs), 's'),
    figure('from the signal to the last client', seconds(lastMs, signalledMs), 's'),
    ...(pushers === 0
      ? []
      : [
          figure('pusher-js on live stats', pusherAtMs.length, '', { atLeast: pushers }),
          figure('listening to the last pusher-js', seconds(Math.max(...pusherAtMs), listeningMs), 's'),
        ]),
    figure('CPU of the daemon, from its start', cpuMs / 1_000, 's'),
  ]
}
