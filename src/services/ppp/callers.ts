/** How long a caller that changed its account may still belong to the previous one. */
const KEPT_MS = 60 * 60_000
/** More callers than any router has. The one seen longest ago is forgotten first. */
const MOST_CALLERS = 50_000

interface Caller {
  readonly username: string
  /** When it was first seen with another account than before, in steady milliseconds. */
  readonly changedMs: number | undefined
}

/** Remembers which account each caller of one router used. Outlives the connection. */
export class Callers {
  readonly #known = new Map<string, Caller>()

  /** @param caller the `caller-id` of a session of this service */
  note(service: string, caller: string, username: string, nowMs: number): void {
    const key = callerKey(service, caller)
    const known = this.#known.get(key)
    const isSame = known === undefined || known.username === username
    this.#known.delete(key)
    this.#known.set(key, { username, changedMs: isSame ? known?.changedMs : nowMs })
    if (this.#known.size <= MOST_CALLERS) return
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      break
    }
  }

  /** Checks whether no other account used the caller within the last hour. */
  isOnly(service: string, caller: string, username: string, nowMs: number): boolean {
    const known = this.#known.get(callerKey(service, caller))
    if (!known) return true
    return known.username === username && (known.changedMs === undefined || nowMs - known.changedMs > KEPT_MS)
  }
}

function callerKey(service: string, caller: string): string {
  return `${service}\0${caller}`
}
