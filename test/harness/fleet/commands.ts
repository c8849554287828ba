import type { Request } from './request.ts'

/** The commands that a router received, by path, such as `/ppp/active/print`. */
export class Commands {
  readonly #counts = new Map<string, number>()
  readonly #waiting = new Set<{ path: string; resolve: () => void }>()

  received(path: string): number {
    return this.#counts.get(path) ?? 0
  }

  /** Resolves when the command is received the next time. */
  next(path: string): Promise<void> {
    return new Promise(resolve => this.#waiting.add({ path, resolve }))
  }

  note({ menu, verb }: Request): void {
    const path = `${menu}/${verb}`
    this.#counts.set(path, this.received(path) + 1)
    for (const waiting of this.#waiting)
      if (waiting.path === path) {
        this.#waiting.delete(waiting)
        waiting.resolve()
      }
  }
}
