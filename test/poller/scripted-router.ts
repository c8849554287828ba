import { type RouterKey, routerId, routerKey, tenantId } from '../../src/accounting/ids.ts'
import type { Reading, Service } from '../../src/accounting/reading.ts'
import type { RouterLink } from '../../src/poller/router-link.ts'
import type { PolledRouter } from '../../src/poller/router-loop.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import { ofService, PLAIN_READING } from '../accounting/readings.ts'

/** A failure of a router. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly retryable: boolean

  constructor(message: string, retryable = true) {
    super(message)
    this.retryable = retryable
  }
}

/** A request that waits for its answer. */
export interface Ask {
  readonly service: Service
  answer(): void
  fail(error: Error): void
}

/** A connection attempt that waits for its outcome. */
export interface Attempt {
  accept(): ScriptedLink
  refuse(error: Error): void
}

/** A router whose every answer is given by the test. */
export class ScriptedRouter {
  readonly key: RouterKey
  /** All attempts so far. */
  readonly attempts: Attempt[] = []
  readonly links: ScriptedLink[] = []
  /** Whether attempts are accepted and requests answered at once. */
  isObliging: boolean
  readonly #clock: Clock

  constructor(name: string, clock: Clock, options: { isObliging: boolean }) {
    this.key = routerKey(tenantId('acme'), routerId(name))
    this.#clock = clock
    this.isObliging = options.isObliging
  }

  polled(about: Partial<Omit<PolledRouter, 'key' | 'connect'>> = {}): PolledRouter {
    return {
      key: this.key,
      services: ['hotspot', 'ppp'],
      schedule: '* * * * * *',
      isEnabled: true,
      ...about,
      connect: signal => this.#connect(signal),
    }
  }

  #connect(signal: AbortSignal): Promise<RouterLink> {
    return new Promise((resolve, reject) => {
      const give = () => reject(new Fault('given up'))
      signal.addEventListener('abort', give, { once: true })
      const attempt = {
        accept: () => {
          signal.removeEventListener('abort', give)
          const link = new ScriptedLink(this, this.#clock)
          this.links.push(link)
          resolve(link)
          return link
        },
        refuse: (error: Error) => {
          signal.removeEventListener('abort', give)
          reject(error)
        },
      }
      this.attempts.push(attempt)
      if (this.isObliging) attempt.accept()
    })
  }
}

export class ScriptedLink implements RouterLink {
  readonly identity = 'a router'
  readonly version = '7.16'
  notices: readonly string[] = []
  missingMenus: RouterLink['missingMenus'] = []
  budgetUse = { usedBytes: 0, mostBytes: 1 }
  readonly ended: Promise<never>
  /** Every request so far; those of one poll arrive together. */
  readonly asks: Ask[] = []
  isClosed = false
  #end: (cause: Error) => void = () => {}
  #cause: Error | undefined
  readonly #router: ScriptedRouter
  readonly #clock: Clock

  constructor(router: ScriptedRouter, clock: Clock) {
    this.#router = router
    this.#clock = clock
    this.ended = new Promise((_, reject) => {
      this.#end = reject
    })
    this.ended.catch(() => {})
  }

  read(service: Service): Promise<Reading> {
    return new Promise((resolve, reject) => {
      const ask = {
        service,
        answer: () => resolve(emptyReading(service, this.#clock)),
        fail: reject,
      }
      this.asks.push(ask)
      if (this.#cause) reject(this.#cause)
      else if (this.#router.isObliging) ask.answer()
    })
  }

  /** Loses the connection: all waiting requests fail with the cause, and so does `ended`. */
  lose(cause: Error): void {
    this.#cause ??= cause
    for (const ask of this.asks) ask.fail(this.#cause)
    this.#end(this.#cause)
  }

  takeBudgetUse(): ReturnType<RouterLink['takeBudgetUse']> {
    return this.budgetUse
  }

  close(): void {
    this.isClosed = true
    this.lose(new Fault('closed by us'))
  }
}

/** A complete answer without sessions. */
export function emptyReading(service: Service, clock: Clock): Reading {
  const steadyMs = clock.steadyMs()
  return {
    ...ofService(service),
    at: { wall: clock.now(), steadyMs },
    boot: { earliestMs: 0, latestMs: 0 },
    sessions: [],
    ...PLAIN_READING,
  }
}
