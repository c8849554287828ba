import { setImmediate } from 'node:timers/promises'

/** The timers of this process that will fire and keep it alive. */
export function timers(): number {
  return process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length
}

/** Resolves when there is none. Vitest has one while it waits for an answer to a report. */
export async function untilNoTimer(): Promise<void> {
  while (timers() > 0) await setImmediate()
}
