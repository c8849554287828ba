import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 100
const LATE_MS = 10_000

/** Requests `/healthz` again and again, one request at a time, and records the longest time. */
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

  /** @returns the longest time of an answer in milliseconds, including an unfinished one */
  async stop(): Promise<number> {
    this.#over.abort()
    await this.#asking
    this.#agent.destroy()
    return this.#worstMs
  }

  async #ask(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const sentMs = performance.now()
      const isAnswered = await this.#answered(signal)
      const tookMs = performance.now() - sentMs
      // An abandoned request took that long all the same.
      this.#worstMs = Math.max(this.#worstMs, isAnswered || signal.aborted ? tookMs : LATE_MS)
      await sleep(EVERY_MS, undefined, { signal }).catch(() => {}) // The probe was stopped.
    }
  }

  /** @returns false for any other answer than 200, and without one in time */
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
