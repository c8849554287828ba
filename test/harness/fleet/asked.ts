import { enter, HandClock, startRouter } from './opened.ts'
import type { RouterOptions } from './router-options.ts'
import type { ScriptedClient } from './scripted-client.ts'
import type { SimulatedRouter } from './simulated-router.ts'

/** The commands that the tests of the truth send, as a daemon does, and the bytes that they should carry. */

export const HOTSPOT = ['/ip/hotspot/active/print', '=.proplist=.id,user,uptime,bytes-in,bytes-out'] as const
export const ACTIVE = [
  '/ppp/active/print',
  '=.proplist=.id,name,service,caller-id,uptime,session-id',
] as const
export const INTERFACE = [
  '/interface/print',
  '=.proplist=.id,name,type,rx-byte,tx-byte',
  '?type=pppoe-in',
] as const
export const SERVER = [
  '/interface/pppoe-server/print',
  '=.proplist=name,user,remote-address,dynamic,running',
] as const

export async function setUp(
  options: Partial<RouterOptions> = {},
): Promise<{ clock: HandClock; router: SimulatedRouter; client: ScriptedClient }> {
  const clock = new HandClock()
  const router = await startRouter({ now: clock.now, ...options })
  return { clock, router, client: await enter(router) }
}

export async function askAll(client: ScriptedClient, ...commands: (readonly string[])[]): Promise<void> {
  client.sendAll(commands)
  for (const _ of commands) await client.reply()
}

/** The traffic of Ann in these tests after `seconds`. */
export function moved(seconds: number): { upload: number; download: number } {
  return { upload: seconds * 100, download: seconds * 1000 }
}
