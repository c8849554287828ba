/** What is wrong at one place of the file, and how to fix it. */
export interface Fault {
  /** The path as the user gave it. */
  readonly file: string
  /** Counted from 1. For something that is missing: the position of the block that should contain it. */
  readonly line: number
  readonly column: number
  /** `tenants[2].routers[0].port`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
}

/** A fault whose line is not known yet. */
export interface Finding {
  readonly path: readonly PropertyKey[]
  readonly message: string | ((nameOf: NameOf) => string)
}

/** Formats the path of another place that a message names. Its file is named too if the config has several. */
export type NameOf = (path: readonly PropertyKey[]) => string

/** The form of config keys, and of misspelled ones. */
const KEY = /^[A-Za-z_-]{1,32}$/

/**
 * Formats keys and indices as users write them: `tenants[2].routers[0].port`. A step that cannot be a key, such as
 * `password:secret` without the space, becomes `?`, because it may contain a secret.
 */
export function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    const key = KEY.test(String(step)) ? String(step) : '?'
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? key : `.${key}`
  }
  return text
}
