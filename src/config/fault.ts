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

/** Keys and indices as one writes them: `tenants[2].routers[0].port`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[\w-]+$/.test(String(step))) text += text === '' ? String(step) : `.${String(step)}`
    else text += `[${JSON.stringify(String(step))}]`
  }
  return text
}
