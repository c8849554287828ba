import { startRouter } from '../../harness/fleet/opened.ts'
import type { RouterOptions } from '../../harness/fleet/router-options.ts'
import type { Fault } from './fault.ts'
import type { Place } from './place.ts'
import { findingOf, type Shown } from './shown.ts'

/** A router in the config, besides its id, user and password. */
export interface Written {
  readonly host?: string
  readonly port: number
  readonly password?: string
  readonly tls?: object | true
}

/** A fault that `probe` should find, in a router or in its config. */
export interface RouterFault {
  readonly what: string
  readonly router?: Partial<RouterOptions>
  readonly written?: Partial<Written>
  readonly env?: Readonly<Record<string, string>>
  readonly code?: number
  readonly line: string
}

/** A fault that is provoked with a simulated router. */
export function simulated({ what, router = {}, written = {}, env = {}, code = 1, line }: RouterFault): Fault {
  return {
    ...{ what, command: 'probe', code, line },
    provoke: async ({ place }) => {
      const { port } = await startRouter(router)
      // The output is in whole seconds.
      for (const seconds of [7_199, 7_201]) place.name(`${seconds} s`, '7200 s')
      // How TLS ends with a peer that speaks in the clear depends on how much of it was read.
      place.name('router reset the connection', 'router closed the connection')
      return probe(place, { port, ...written }, env)
    },
  }
}

export async function probe(
  place: Place,
  written: Written,
  env: Readonly<Record<string, string>> = {},
): Promise<Shown> {
  await configure(place, written)
  return findingOf(await place.run(['probe'], { env }))
}

export async function configure(place: Place, written: Written, more: object = {}): Promise<void> {
  await configureAll(place, [written], more)
}

/** Writes a config with the routers of one tenant: `hq`, `tower`. */
export async function configureAll(place: Place, all: readonly Written[], more: object = {}): Promise<void> {
  const routers = all.map((written, i) => ({
    ...{ id: ['hq', 'tower'][i], host: '127.0.0.1', username: 'usage', password: 'secret' },
    ...written,
  }))
  await place.configure({ poll: { timeout: '1s' }, tenants: [{ id: 'acme', routers }], ...more })
}
