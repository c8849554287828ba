/** The services that simulated routers have. */
export type SimulatedService = 'hotspot' | 'ppp'

export const SERVICES: readonly SimulatedService[] = ['hotspot', 'ppp']

/** @throws RangeError for a service that no simulated router has */
export function simulated(service: string): SimulatedService {
  const known = SERVICES.find(it => it === service)
  if (!known) throw new RangeError(`no simulated router has ${service}`)
  return known
}
