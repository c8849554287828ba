import { setImmediate } from 'node:timers/promises'

/** Those of this process that are to go off and keep it alive. */
export function timers(): number {
  return process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length
}

/** Resolves when there is none. Vitest has one for as long as an answer to what it reports is under way. */
export async function untilNoTimer(): Promise<void> {
  while (timers() > 0) await setImmediate()
}
