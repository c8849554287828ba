// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a reference to the environment is written like that

import { createServer } from 'node:net'
import { fingerprintOf, selfSignedIdentity, serverIdentity } from '../../harness/fleet/certificate.ts'
import { startRouter } from '../../harness/fleet/opened.ts'
import type { RouterOptions } from '../../harness/fleet/router-options.ts'
import type { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import { listening } from '../../runtime/listening.ts'
import type { Canaries } from './canaries.ts'
import type { Place } from './place.ts'
import { Tap } from './tap.ts'

/** Routers, each with a different fault and a password that is a canary. */
export interface TroubledRouters {
  /** Their entries in the config. */
  readonly written: readonly object[]
  /** The environment variables with their passwords. */
  readonly env: Readonly<Record<string, string>>
  /** What was sent to them. */
  readonly taps: readonly Tap[]
}

const MANY = 1_000

/** Starts them; they stop when the test ends. */
export async function startTroubledRouters(canaries: Canaries, place: Place): Promise<TroubledRouters> {
  const taps: Tap[] = []
  const written: object[] = []
  const write = async (id: string, router: { host: string; port: number }, password: unknown, more = {}) => {
    const tap = await Tap.before(router)
    taps.push(tap)
    written.push({ id, host: '127.0.0.1', port: tap.port, username: `user-of-${id}`, password, ...more })
  }
  const start = (id: string, password: string, options: Partial<RouterOptions> = {}) =>
    startRouter({ users: [{ name: `user-of-${id}`, password, policy: ['read', 'api'] }], ...options })

  const refusing = canaries.make('the password that is refused')
  await write('refusing', await start('refusing', 'another'), refusing)
  const accented = canaries.make('the password beyond ASCII', 'éü')
  await write('accented', await start('accented', 'another'), accented)
  const old = canaries.make('the password of an old router')
  await write('old', await start('old', old, { hasOldLogin: true }), '${OLD_PASSWORD}')
  const older = canaries.make('the password that an old router refuses')
  const file = await place.write('older-password', `${older}\n`)
  await write('older', await start('older', 'another', { hasOldLogin: true }), { file })
  const trapping = canaries.make('the password of a router that traps')
  await place.write('trapping-password', trapping)
  const router = await start('trapping', trapping)
  trap(router)
  await write('trapping', router, { credential: 'trapping-password' })
  const hanging = canaries.make('the password of a router that hangs')
  const silent = await start('hanging', hanging)
  silent.hang()
  await write('hanging', silent, hanging)
  const echoing = canaries.make('the password that is echoed')
  const echo = await listening(createServer(socket => socket.pipe(socket)))
  await write('echoing', { host: '127.0.0.1', port: echo }, echoing)
  const junk = canaries.make('the password of a router that sends junk')
  const noisy = await start('junk', junk)
  noisy.addJunk()
  await write('junk', noisy, junk)
  const pinned = canaries.make('the password of a router with another certificate')
  const fingerprint = fingerprintOf(selfSignedIdentity())
  await write('pinned', await start('pinned', pinned, { tls: serverIdentity() }), pinned, {
    tls: { fingerprint },
  })
  return { written, env: { OLD_PASSWORD: old, CREDENTIALS_DIRECTORY: place.folder }, taps }
}

function trap(router: SimulatedRouter): void {
  for (const menu of ['/ppp/active', '/ip/hotspot/active'])
    router.failNext({ menu, messages: ['failure: something is wrong with it'], category: 4, times: MANY })
}
