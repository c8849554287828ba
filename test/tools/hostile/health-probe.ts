import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 100
const LATE_MS = 10_000

/** Asks `/healthz` again and again, each time once the answer before is there, and notes the longest wait. */
export class HealthProbe {
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #over = new AbortController()
  #asking: Promise<void> = Promise.resolve()
  #worstMs = 0

  constructor(port: number) {
    this.#port = port
  }

  start(): void {
    this.#asking = this.#ask(this.#over.signal)
  }

  /** @returns how long the longest answer took, or would have taken; milliseconds */
  async stop(): Promise<number> {
    this.#over.abort()
    await this.#asking
    this.#agent.destroy()
    return this.#worstMs
  }

  async #ask(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const askedMs = performance.now()
      const isAnswered = await this.#answered(signal)
      const tookMs = performance.now() - askedMs
      // One that nobody waits for any more took as long all the same.
      this.#worstMs = Math.max(this.#worstMs, isAnswered || signal.aborted ? tookMs : LATE_MS)
      await sleep(EVERY_MS, undefined, { signal }).catch(() => {}) // It is over.
    }
  }

  /** @returns false for any other answer than 200, and where there is none in time */
  #answered(signal: AbortSignal): Promise<boolean> {
    const late = AbortSignal.any([signal, AbortSignal.timeout(LATE_MS)])
    const page = { host: '127.0.0.1', port: this.#port, path: '/healthz', agent: this.#agent, signal: late }
    return new Promise(resolve => {
      get(page, response => {
        response
          .resume()
          .once('end', () => resolve(response.statusCode === 200))
          .once('error', () => resolve(false))
      }).once('error', () => resolve(false))
    })
  }
}
