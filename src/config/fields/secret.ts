import { inspect } from 'node:util'

const HIDDEN = '[secret]'

/** A value that never prints: whoever needs it calls `reveal()`, which a reviewer can search for. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  /** To be used where configs are compared: a deep comparison sees no difference between any two secrets. */
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
