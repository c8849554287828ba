import { inspect } from 'node:util'

const HIDDEN = '[secret]'

/** A value that never prints. Code that needs it calls `reveal()`, which a reviewer can search for. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  /** Compares the values: a deep comparison cannot tell two secrets apart. */
  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}
