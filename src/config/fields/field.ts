import * as z from 'zod'
import { absent, type Checked } from './checked.ts'
import { nearest } from './nearest.ts'
import { formOf } from './written.ts'

/** One value of the file. `check` gets the raw value, or `undefined` if there is none. */
export function field<T>(check: (value: unknown) => Checked<T>) {
  const checked = z.unknown().transform((value, context): T => {
    const found = check(value)
    if (found.kind === 'right') return found.value
    context.issues.push({ code: 'custom', message: found.message, input: undefined })
    return z.NEVER
  })
  return checked.meta(formOf(check))
}

/**
 * A block with these keys and no others. zod reports several unknown keys as one issue: its message has one line per
 * key, in the order of the issue's `keys`.
 */
export function block<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  notes: {
    /** What may be written instead of the block. */
    readonly alternative?: string
    /** Keys that belong in another block, with its name. */
    readonly elsewhere?: Readonly<Record<string, string>>
    /** Keys of another kind of block, with the kind. */
    readonly belongsTo?: Readonly<Record<string, string>>
  } = {},
) {
  const known = Object.keys(shape)
  const { alternative, elsewhere, belongsTo } = notes
  const advice = new Map([
    ...Object.entries(elsewhere ?? {}).map(
      ([key, place]) => [key, `does not belong here: move it to ${place}`] as const,
    ),
    ...Object.entries(belongsTo ?? {}).map(([key, kind]) => [key, `is for ${kind}: remove it`] as const),
  ])
  const wanted = `${alternative === undefined ? '' : `${alternative} or `}a block of keys (${known.join(', ')})`
  return z.strictObject(shape, {
    error: issue =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map(key => advice.get(key) ?? unknownKey(key, known)).join('\n')
        : notOf(wanted, issue.input),
  })
}

/** @param wanted the items, with an example of how to write them */
export function list<Item extends z.core.SomeType>(item: Item, wanted: string) {
  return z.array(item, { error: issue => notOf(`a list of ${wanted}`, issue.input) })
}

/** The fault does not show the value: in place of a block it may be a password or a URL with one. */
function notOf(wanted: string, value: unknown): string {
  return absent(wanted, value)?.message ?? `must be ${wanted}`
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known)
  return meant === undefined
    ? `is not a key of this block: remove it, or use one of ${known.join(', ')}`
    : `is not a key of this block: did you mean ${meant}?`
}
