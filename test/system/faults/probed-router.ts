import { startRouter } from '../../harness/fleet/opened.ts'
import type { RouterOptions } from '../../harness/fleet/router-options.ts'
import type { Fault } from './fault.ts'
import type { Place } from './place.ts'
import { findingOf, type Shown } from './shown.ts'

/** How the config has a router, beside its id, user and password. */
export interface Written {
  readonly host?: string
  readonly port: number
  readonly password?: string
  readonly tls?: object | true
}

/** Where `probe` is to find fault: with a router, and how the config has it. */
export interface RouterFault {
  readonly what: string
  readonly router?: Partial<RouterOptions>
  readonly written?: Partial<Written>
  readonly env?: Readonly<Record<string, string>>
  readonly code?: number
  readonly line: string
}

/** The fault, provoked with a simulated router. */
export function simulated({ what, router = {}, written = {}, env = {}, code = 1, line }: RouterFault): Fault {
  return {
    ...{ what, command: 'probe', code, line },
    provoke: async ({ place }) => {
      const { port } = await startRouter(router)
      // It tells whole seconds.
      for (const seconds of [7_199, 7_201]) place.name(`${seconds} s`, '7200 s')
      // As TLS ends with who speaks in the clear, by how much of it was read.
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

/** Routers of one tenant: `hq`, `tower`. */
export async function configureAll(place: Place, all: readonly Written[], more: object = {}): Promise<void> {
  const routers = all.map((written, i) => ({
    ...{ id: ['hq', 'tower'][i], host: '127.0.0.1', username: 'usage', password: 'secret' },
    ...written,
  }))
  await place.configure({ poll: { timeout: '1s' }, tenants: [{ id: 'acme', routers }], ...more })
}
