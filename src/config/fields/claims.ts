import type { Service } from '../../accounting/reading.ts'

interface Claimant {
  readonly router: { readonly services: readonly Service[] }
}

/** Who reads which service of which device. A service that two read is counted twice. */
export class Claims<Of extends Claimant> {
  readonly #first = new Map<string, Of>()

  /**
   * @param device what it is known by: an address, a serial number
   * @returns who claimed one of the same services of it before, the first of them
   */
  claim(device: string, of: Of): Of | undefined {
    let before: Of | undefined
    for (const service of of.router.services) {
      const key = `${service} ${device}`
      const first = this.#first.get(key)
      if (first) before ??= first
      else this.#first.set(key, of)
    }
    return before
  }
}
