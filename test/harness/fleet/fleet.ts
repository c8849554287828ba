import { setTimeout as sleep } from 'node:timers/promises'
import type { Bytes } from '../../../src/accounting/bytes.ts'
import type { TlsIdentity } from './certificate.ts'
import { pick, type Random, seededRandom } from './random.ts'
import type { RouterOptions } from './router-options.ts'
import { SimulatedRouter } from './simulated-router.ts'
import { Site } from './site.ts'
import type { SessionTruth } from './truth.ts'

export interface FleetOptions {
  /** The same seed makes the same fleet and the same churn. */
  readonly seed: number
  readonly routers: number
  /** Sessions online at first, and about as many later, on each router with the package. */
  readonly hotspotSessions: number
  readonly pppSessions: number
  /** Static PPP bindings per router. */
  readonly bindings?: number
  /** Mean bytes a second of a session. */
  readonly meanRate?: Bytes
  /** The identity of every third router; without it all use plain TCP. */
  readonly tls?: TlsIdentity
  /** Options for every router, which override the fleet's own mixture. */
  readonly router?: Partial<RouterOptions>
}

export interface FleetTruth extends SessionTruth {
  /** The router's identity. */
  readonly router: string
}

/** Many routers of both versions, with and without each package, whose subscribers come and go. */
export class Fleet {
  readonly sites: readonly Site[]
  readonly #random: Random

  constructor(sites: readonly Site[], random: Random) {
    this.sites = sites
    this.#random = random
  }

  get routers(): readonly SimulatedRouter[] {
    return this.sites.map(site => site.router)
  }

  async start(): Promise<void> {
    for (const site of this.sites) site.populate()
    await Promise.all(this.routers.map(router => router.start()))
  }

  async stop(): Promise<void> {
    await Promise.all(this.routers.map(router => router.stop()))
  }

  /** Lets one thing happen on one router: a login, a logout, both at once, or a counter reset. */
  step(): void {
    pick(this.#random, this.sites)?.step()
  }

  /** Steps until the signal aborts, `perSecond` times a second. */
  async churn(signal: AbortSignal, perSecond: number): Promise<void> {
    let done = 0
    const beganMs = performance.now()
    while (!signal.aborted) {
      const due = ((performance.now() - beganMs) / 1000) * perSecond
      for (; done < due; done++) this.step()
      await pause(Math.max(5, 1000 / perSecond), signal)
    }
  }

  truth(): readonly FleetTruth[] {
    return this.routers.flatMap(router =>
      router.truth().map(session => ({ ...session, router: router.identity })),
    )
  }
}

export function createFleet(options: FleetOptions): Fleet {
  const { seed, hotspotSessions, pppSessions, bindings = 2 } = options
  const meanRate = options.meanRate ?? { upload: 40_000, download: 400_000 }
  const random = seededRandom(seed)
  const sites = Array.from({ length: options.routers }, (_, number) => {
    const packages = packagesOf(number)
    const router = new SimulatedRouter({
      version: number % 2 === 0 ? '7.20' : '6.49',
      identity: `router-${number + 1}`,
      serial: `HF0${String(number + 1).padStart(6, '0')}`,
      packages,
      tls: number % 3 === 2 ? options.tls : undefined,
      ...options.router,
    })
    const spec = {
      number,
      hotspotSessions: packages.includes('hotspot') ? hotspotSessions : 0,
      pppSessions: packages.includes('ppp') ? pppSessions : 0,
      bindings,
      meanRate,
      hasOddNames: true,
    }
    return new Site(router, spec, seededRandom(seed + 1 + number))
  })
  return new Fleet(sites, random)
}

/** One router in ten has no hotspot, and one no PPP. */
function packagesOf(number: number): readonly ('hotspot' | 'ppp')[] {
  if (number % 10 === 3) return ['ppp']
  if (number % 10 === 4) return ['hotspot']
  return ['hotspot', 'ppp']
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    // Aborted: the loop checks its signal.
  }
}
