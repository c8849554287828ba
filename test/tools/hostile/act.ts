import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../src/postgres/free-port.ts'
import { compare, differenceOf } from '../../system/daemon/compare.ts'
import { BuiltDaemon } from '../bench/fleet/built-daemon.ts'
import { FastFleetProcess } from '../bench/fleet/simulated/fleet-process.ts'
import { carriedBy } from '../bench/fleet/truth.ts'
import { residentBytesOf } from '../bench/measure.ts'
import { CommitLag } from './commit-lag.ts'
import { COMMIT_MS, configText, HONEST, INTERVAL_MS, MAX_JOURNAL_BYTES } from './config.ts'
import { HealthProbe } from './health-probe.ts'
import { HostileProcess } from './hostile-process.ts'
import type { Outcome } from './outcome.ts'
import type { Stage } from './stage.ts'

const SIZE = { seed: 1, routers: 20, sessions: 200 }
const CHURN_A_MINUTE = 0.1
const READ_WITHIN_MS = 30_000
const STOP_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 200
/** Time until the daemon has grown as far as honest routers alone make it. */
const WARM_UP_MS = 2_000
/** A limit, so that the test does not take the machine down. */
const MOST_GROWN_BYTES = 4e9

/** One kind of hostile router beside honest ones, in separate processes like the daemon. */
export class Act {
  readonly #kind: string
  readonly #stage: Stage
  readonly #folder: string
  readonly #hostile = new HostileProcess()
  #fleet: FastFleetProcess | undefined
  #daemon: BuiltDaemon | undefined
  #lag: CommitLag | undefined
  #worstLagMs = 0
  #leastBytes = 0
  #mostBytes = 0
  #journalBytes = 0

  constructor(kind: string, stage: Stage) {
    this.#kind = kind
    this.#stage = stage
    this.#folder = join(stage.folder, kind)
  }

  /** @throws Error if it could not begin */
  async run(seconds: number, signal: AbortSignal): Promise<Outcome> {
    try {
      return await this.#run(seconds, signal)
    } finally {
      await this.#lag?.stop()
      await this.#daemon?.end('SIGKILL')
      await Promise.all([this.#fleet?.stop(), this.#hostile.stop()])
    }
  }

  async #run(seconds: number, signal: AbortSignal): Promise<Outcome> {
    const databaseUrl = await this.#stage.databaseFor(this.#kind)
    const { fleet, daemon, lag } = await this.#start(databaseUrl)
    const health = new HealthProbe(daemon.port)
    await lag.start()
    const isCommitted = async () => (await fleet.unread(0)) === 0 && (await lag.oldestMs()) < COMMIT_MS
    if (!(await until(isCommitted, signal))) {
      const words = `unread: ${await fleet.unread(0)}, oldest committed reading: ${await lag.oldestMs()} ms`
      throw new Error(`not every honest router was committed at first (${words})`)
    }
    await fleet.churn(CHURN_A_MINUTE)
    await sleep(WARM_UP_MS, undefined, { signal })
    await fleet.begin()
    health.start()
    this.#leastBytes = residentBytesOf(daemon.pid)
    await this.#hostile.turn(this.#kind)
    await this.#watch(seconds * 1_000, { daemon, lag }, signal)
    const longestHealthMs = await health.stop()
    const { missed } = await fleet.report(INTERVAL_MS)
    const frozenMs = await fleet.freeze()
    await until(async () => (await fleet.unread(frozenMs)) === 0, signal)
    const { victims, sentBytes } = await this.#hostile.misdeeds()
    const exitCode = await stopped(daemon)
    return {
      ...{ kind: this.#kind, victims, sentBytes, missedTicks: missed, longestHealthMs, exitCode },
      commitLag: this.#worstLagMs / COMMIT_MS,
      grownBytes: this.#mostBytes - this.#leastBytes,
      ...{ journalBytes: this.#journalBytes, maxJournalBytes: MAX_JOURNAL_BYTES },
      differenceBytes: await differenceOfHonest(databaseUrl, fleet),
    }
  }

  async #start(databaseUrl: string) {
    await mkdir(this.#folder)
    const [fleet, hostilePort, port] = await Promise.all([
      FastFleetProcess.start(SIZE),
      this.#hostile.start(),
      freePort(),
    ])
    this.#fleet = fleet
    const configFile = join(this.#folder, 'tikmeter.yaml')
    const honest = { routers: SIZE.routers, port: fleet.port }
    const about = { databaseUrl, journalFolder: this.#journalFolder, port, honest, hostilePort }
    await writeFile(configFile, configText(about), { mode: 0o600 })
    const logFile = join(this.#folder, 'tikmeter.log')
    const { cli } = this.#stage
    const daemon = await BuiltDaemon.start({ cli, configFile, logFile, port, nodeFlags: [] })
    this.#daemon = daemon
    const lag = new CommitLag(databaseUrl)
    this.#lag = lag
    return { fleet, daemon, lag }
  }

  /** Checks everything that has a bound, again and again, until the time or the daemon ends. */
  async #watch(
    forMs: number,
    { daemon, lag }: { readonly daemon: BuiltDaemon; readonly lag: CommitLag },
    signal: AbortSignal,
  ): Promise<void> {
    const untilMs = performance.now() + forMs
    while (performance.now() < untilMs && daemon.isRunning) {
      this.#mostBytes = Math.max(this.#mostBytes, residentBytesOf(daemon.pid))
      this.#journalBytes = Math.max(this.#journalBytes, await bytesIn(this.#journalFolder))
      this.#worstLagMs = Math.max(this.#worstLagMs, await lag.oldestMs())
      if (this.#mostBytes - this.#leastBytes > MOST_GROWN_BYTES) await daemon.end('SIGKILL')
      await sleep(LOOK_EVERY_MS, undefined, { signal })
    }
  }

  get #journalFolder(): string {
    return join(this.#folder, 'journal')
  }
}

/** @returns its exit code; `null` if it had to be killed */
async function stopped(daemon: BuiltDaemon): Promise<number | null> {
  const late = setTimeout(() => void daemon.end('SIGKILL'), STOP_WITHIN_MS)
  const exitCode = await daemon.end('SIGTERM')
  clearTimeout(late)
  return exitCode
}

/** Polls a condition. @returns whether it held in time */
async function until(isSo: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  const untilMs = performance.now() + READ_WITHIN_MS
  while (!(await isSo())) {
    if (performance.now() > untilMs) return false
    await sleep(LOOK_EVERY_MS, undefined, { signal })
  }
  return true
}

async function differenceOfHonest(databaseUrl: string, fleet: FastFleetProcess): Promise<bigint> {
  const comparison = await compare(
    databaseUrl,
    await carriedBy({ size: SIZE, tenantOf: () => HONEST, running: { fleet } }),
  )
  const differences = comparison.differences.filter(({ tenant }) => tenant === HONEST)
  return differenceOf({ ...comparison, differences })
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(folder))
    bytes += await stat(join(folder, name)).then(
      it => it.size,
      () => 0, // It was removed meanwhile.
    )
  return bytes
}
