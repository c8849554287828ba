import type { Service } from '../../accounting/reading.ts'

interface Claimant {
  readonly router: { readonly services: readonly Service[] }
}

/** Which router entry reads which service of which device. A service that two entries read is counted twice. */
export class Claims<Of extends Claimant> {
  readonly #first = new Map<string, Of>()

  /**
   * @param device an identity of the device: an address or a serial number
   * @returns the first earlier claimant of one of the same services
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
