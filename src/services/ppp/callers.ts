/** So long a caller may still be who it was before. */
const KEPT_MS = 60 * 60_000
/** More than any router has callers. The one that was seen least lately is forgotten first. */
const MOST_CALLERS = 50_000

interface Caller {
  readonly username: string
  /** Steady milliseconds at which it was found to be another account's than before. */
  readonly changedMs: number | undefined
}

/** Which accounts came from which callers, on one router; for longer than a connection lasts. */
export class Callers {
  readonly #known = new Map<string, Caller>()

  /** @param caller of a service, as its session tells it */
  note(service: string, caller: string, username: string, nowMs: number): void {
    const key = keyOf(service, caller)
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

  /** Whether no other account had the caller within the last hour. */
  isOnly(service: string, caller: string, username: string, nowMs: number): boolean {
    const known = this.#known.get(keyOf(service, caller))
    if (!known) return true
    return known.username === username && (known.changedMs === undefined || nowMs - known.changedMs > KEPT_MS)
  }
}

function keyOf(service: string, caller: string): string {
  return `${service}\0${caller}`
}
