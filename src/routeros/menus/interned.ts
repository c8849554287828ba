const MOST = 1_000

/** Returns one string for equal texts, such as a server's name. Without it every session would hold its own copy. */
export class Interned {
  readonly #texts = new Map<string, string>()

  of(text: string): string {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    // A router that invents texts only gets its copies back.
    if (this.#texts.size >= MOST) this.#texts.clear()
    this.#texts.set(text, text)
    return text
  }
}
