import { onTestFinished } from 'vitest'
import { utf8 } from './name.ts'
import type { RouterOptions } from './router-options.ts'
import { loggedIn, openClient, type ScriptedClient } from './scripted-client.ts'
import type { HotspotLogin, PppLogin } from './session.ts'
import { SimulatedRouter } from './simulated-router.ts'
import { steadyTraffic } from './traffic.ts'

/** Things that the tests open; each is closed when its test ends. */

export async function startRouter(options: Partial<RouterOptions>): Promise<SimulatedRouter> {
  const router = new SimulatedRouter(options)
  onTestFinished(() => router.stop())
  await router.start()
  return router
}

/** A client after the login. */
export async function enter(router: SimulatedRouter, tls?: { ca: string }): Promise<ScriptedClient> {
  const client = await loggedIn(router, tls)
  onTestFinished(() => client.close())
  return client
}

/** A client before the login. */
export async function knock(router: SimulatedRouter): Promise<ScriptedClient> {
  const client = await openClient(router)
  onTestFinished(() => client.close())
  return client
}

/** A clock that only moves when it is turned. */
export class HandClock {
  #nowMs = 1_000_000

  readonly now = (): number => this.#nowMs

  turn(ms: number): void {
    this.#nowMs += ms
  }
}

/** Ann's login; 100 bytes a second up, 1000 down. */
export const HOTSPOT_ANN: HotspotLogin = {
  protocol: 'hotspot',
  name: utf8('ann'),
  address: '192.168.10.8',
  macAddress: '02:00:00:00:00:01',
  traffic: steadyTraffic({ upload: 100, download: 1000 }),
}

export const PPP_ANN: PppLogin = {
  protocol: 'pppoe',
  name: utf8('ann'),
  address: '10.0.0.8',
  callerId: '02:00:00:00:00:01',
  traffic: steadyTraffic({ upload: 100, download: 1000 }),
}
