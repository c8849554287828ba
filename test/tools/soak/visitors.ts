import type { WebSocket } from 'ws'
import { systemClock } from '../../../src/runtime/clock.ts'
import { pick, type Random, wholeBelow } from '../../harness/fleet/random.ts'
import { openFeed } from '../bench/fleet/feed-clients.ts'

const AT_A_TIME = 40
const EVERY_MS = 250
const LONGEST_MS = 20_000
/** Share of the visitors that read nothing. */
const DEAF_SHARE = 0.2
/** Share of the visitors that disconnect without a close. */
const RUDE_SHARE = 0.3

/** Feed clients that come, stay for a while and go: some in order, some abruptly, some without reading. */
export class Visitors {
  /** Reasons why some were not let in. */
  readonly failures: string[] = []
  readonly #port: number
  readonly #tenants: readonly string[]
  readonly #random: Random
  readonly #here = new Set<Promise<void>>()
  #count = 0

  constructor(port: number, tenants: readonly string[], random: Random) {
    this.#port = port
    this.#tenants = tenants
    this.#random = random
  }

  /** Number of visitors so far. */
  get count(): number {
    return this.#count
  }

  /** Runs until the signal aborts; then all leave. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#here.size < AT_A_TIME) {
        this.#count++
        const visit: Promise<void> = this.#visit(signal)
          .catch(error => this.#note(error))
          .finally(() => this.#here.delete(visit))
        this.#here.add(visit)
      }
      await systemClock.sleep(EVERY_MS, signal)
    }
    await Promise.all(this.#here)
  }

  async #visit(signal: AbortSignal): Promise<void> {
    const socket = await openFeed(this.#port, pick(this.#random, this.#tenants) ?? '')
    if (this.#random() < DEAF_SHARE) socket.pause()
    await systemClock.sleep(wholeBelow(this.#random, LONGEST_MS), signal)
    this.#leave(socket)
  }

  #note(error: unknown): void {
    this.failures.push(error instanceof Error ? error.message : String(error))
  }

  #leave(socket: WebSocket): void {
    if (socket.isPaused || this.#random() < RUDE_SHARE) socket.terminate()
    else socket.close()
  }
}
