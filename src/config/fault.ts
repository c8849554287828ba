/** What is wrong at one place of the file, and what to do about it. */
export interface Fault {
  /** As it was given. */
  readonly file: string
  /** 1 and up, as editors count; for something that is missing, the block that should have it. */
  readonly line: number
  readonly column: number
  /** `tenants[2].routers[0].port`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
}

/** A fault that has yet to find its line. */
export interface Finding {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** What a key of the config looks like, and what one that is misspelled may look like. */
const KEY = /^[A-Za-z_-]{1,32}$/

/**
 * Keys and indices as one writes them: `tenants[2].routers[0].port`. `?` is a key that can only be a mistake, such as
 * `password:secret` without the space, and is not shown.
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
