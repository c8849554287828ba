import { readFileSync } from 'node:fs'
import { CLOSE } from '../../../../src/feed/close-codes.ts'
import { BenchChild, type Memory } from '../child.ts'
import {
  type ClientsQuestion,
  INTERVAL_MS,
  type Listening,
  type ServerQuestion,
  type Watched,
} from '../feed/feed-messages.ts'
import type { Bench, BenchRun, Figure } from '../figure.ts'
import { percentile } from '../measure.ts'

const SLOW = 500
const SESSIONS = 2_000
/** Clients that read normally, spread over `TENANTS` tenants, including that of the slow ones. */
const WATCHERS = 200
const TENANTS = 50
/** The slow clients stop one after the other, so that they are not all stuck in the same message. */
const STOPPING_OVER_MS = 20_000
/** Time until the kernel's buffers are full, they count as too slow, and are cut off. */
const GONE_WITHIN_MS = 120_000
/** One watch of the others, which is long enough to recognise late turns. */
const WATCH_MS = 10_000
const PAGE_BYTES = 4_096
const KB = 1_000

export const SLOW_CLIENT: Bench = {
  name: 'slow-client',
  about: `${SLOW} clients that stop reading the ${SESSIONS} sessions of their tenant, and ${WATCHERS} beside them`,
  isLong: true,
  async run(bench) {
    const scene = new SlowScene()
    try {
      return await scene.measure(bench)
    } finally {
      await scene.stop()
    }
  },
}

/** Memory of the daemon and of the kernel at one moment. */
interface Look extends Memory {
  readonly kernelBytes: number
}

/** A server, the clients that stop reading, and the others, in one process each. */
class SlowScene {
  readonly #server = new BenchChild(new URL('../feed/server-child.ts', import.meta.url))
  readonly #slow = new BenchChild(new URL('../feed/clients-child.ts', import.meta.url))
  readonly #watchers = new BenchChild(new URL('../feed/clients-child.ts', import.meta.url))

  async measure({ say }: BenchRun): Promise<readonly Figure[]> {
    const start: ServerQuestion = { kind: 'start', server: 'tikmeter', tenants: TENANTS, sessions: SESSIONS }
    const { port } = await this.#server.ask<Listening>(start)
    await this.#askClients(this.#watchers, {
      ...connecting(port),
      tenants: TENANTS,
      count: WATCHERS,
      topics: [],
    })
    await this.#watch(5 * INTERVAL_MS)
    const empty = await this.#look()
    // All of the first tenant.
    await this.#askClients(this.#slow, {
      ...connecting(port),
      first: WATCHERS,
      tenants: 1,
      count: SLOW,
      topics: ['sessions'],
    })
    const before = await this.#watch(10 * INTERVAL_MS)
    const reading = await this.#look()
    say(`${await this.#connections()} are connected; ${SLOW} stop reading`)
    const stopped = this.#askClients(this.#slow, { kind: 'freeze', count: SLOW, overMs: STOPPING_OVER_MS })
    const beganMs = performance.now()
    const looks: Look[] = []
    const look = async () => {
      const watched = await this.#watch(WATCH_MS)
      // Not while the others are watched: collecting the garbage blocks the server for 50 ms.
      looks.push(await this.#look())
      return watched
    }
    const stopping = [await look(), await look()]
    await stopped
    const meanwhile: Watched[] = []
    while ((await this.#connections()) > WATCHERS && performance.now() - beganMs < GONE_WITHIN_MS)
      meanwhile.push(await look())
    const goneMs = performance.now() - beganMs
    const left = (await this.#connections()) - WATCHERS
    const after = await this.#look()
    const codes = left === 0 ? await this.#thaw() : []
    return figures({ empty, reading, looks, after, before, stopping, meanwhile, goneMs, left, codes })
  }

  async stop(): Promise<void> {
    await Promise.all([this.#server, this.#slow, this.#watchers].map(child => child.stop()))
  }

  #thaw(): Promise<readonly number[]> {
    return this.#askClients(this.#slow, { kind: 'thaw' })
  }

  async #look(): Promise<Look> {
    const question: ServerQuestion = { kind: 'memory' }
    return { ...(await this.#server.ask<Memory>(question)), kernelBytes: kernelBytes() }
  }

  #connections(): Promise<number> {
    const question: ServerQuestion = { kind: 'connections' }
    return this.#server.ask(question)
  }

  #watch(forMs: number): Promise<Watched> {
    return this.#askClients(this.#watchers, { kind: 'watch', forMs })
  }

  #askClients<Answer>(child: BenchChild, question: ClientsQuestion): Promise<Answer> {
    return child.ask(question)
  }
}

function connecting(port: number) {
  return { kind: 'connect', port, first: 0 } as const
}

/** Memory of all TCP sockets of this machine, at both ends. */
function kernelBytes(): number {
  return Number(/^TCP: .* mem (\d+)/m.exec(readFileSync('/proc/net/sockstat', 'utf8'))?.[1]) * PAGE_BYTES
}

interface Measured {
  /** Before the slow clients came, while they read, while they don't, and once they are gone. */
  readonly empty: Look
  readonly reading: Look
  readonly looks: readonly Look[]
  readonly after: Look
  readonly before: Watched
  /** While they stop one after the other, and once all have. */
  readonly stopping: readonly Watched[]
  readonly meanwhile: readonly Watched[]
  readonly goneMs: number
  readonly left: number
  /** The close codes that the stopped clients find when they read again. */
  readonly codes: readonly number[]
}

function figures(measured: Measured): readonly Figure[] {
  const { empty, reading, looks, after, before, stopping, meanwhile, goneMs, left, codes } = measured
  const figure = (metric: string, value: number, unit: string, goal?: Figure['goal']): Figure => ({
    ...{ name: SLOW_CLIENT.name, metric, value, unit },
    ...(goal && { goal }),
  })
  const each = (of: (look: Look) => number, looks: readonly Look[]) =>
    (Math.max(...looks.map(of)) - of(empty)) / SLOW / KB
  const late = (watches: readonly Watched[], share: number) =>
    percentile(
      watches.flatMap(({ latenessMs }) => latenessMs),
      share,
    )
  const held = (look: Look) => look.heldBytes
  const resident = (look: Look) => look.residentBytes
  const kernel = (look: Look) => look.kernelBytes
  return [
    figure('heap a client, while it reads', each(held, [reading]), 'kB'),
    figure('heap a client that stopped, at the most', each(held, looks), 'kB', { atMost: 200 }),
    figure('RSS a client, while it reads', each(resident, [reading]), 'kB'),
    figure('RSS a client that stopped, at the most', each(resident, looks), 'kB', { atMost: 200 }),
    figure('kernel a client, both ends, while it reads', each(kernel, [reading]), 'kB'),
    figure('kernel a client that stopped, at the most', each(kernel, looks), 'kB'),
    figure('heap once all are cut off, over before', each(held, [after]), 'kB'),
    figure('from the first stop until all are cut off', goneMs / 1_000, 's'),
    figure('clients that are left', left, '', { atMost: 0 }),
    // The others were cut off in the middle of a message that not even the kernel had room for.
    figure(
      'of which find 4413 when they read again',
      codes.filter(code => code === CLOSE.tooSlow).length,
      '',
    ),
    figure('turn to the others, while all read, p99', late([before], 0.99), 'ms'),
    figure('turn to the others, while they stop, p99', late(stopping, 0.99), 'ms'),
    figure('turn to the others, once all stopped, p99', late(meanwhile, 0.99), 'ms', { atMost: 100 }),
    figure('turn to the others, once all stopped, worst', late(meanwhile, 1), 'ms'),
  ]
}
