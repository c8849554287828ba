const MOST = 1_000

/** One string for a text that comes again and again, such as a server's name: else every session has one of its own. */
export class SameWords {
  readonly #words = new Map<string, string>()

  of(text: string): string {
    const known = this.#words.get(text)
    if (known !== undefined) return known
    // A router that makes them up has its sessions' own ones again.
    if (this.#words.size >= MOST) this.#words.clear()
    this.#words.set(text, text)
    return text
  }
}
