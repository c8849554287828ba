import * as z from 'zod'
import { absent, type Checked } from './checked.ts'
import { nearest } from './nearest.ts'

/** One value of the file. The check sees whatever stands there, and `undefined` where nothing does. */
export function field<T>(check: (value: unknown) => Checked<T>) {
  return z.unknown().transform((value, context): T => {
    const checked = check(value)
    if (checked.kind === 'right') return checked.value
    context.issues.push({ code: 'custom', message: checked.message, input: undefined })
    return z.NEVER
  })
}

/**
 * A block of these keys and no others. Several unknown keys are one issue of zod's: its message has a line for each,
 * in the order of the issue's `keys`.
 */
export function block<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  notes: {
    /** What may stand in the block's place. */
    readonly alternative?: string
    /** Keys that belong into another block, and its name. */
    readonly elsewhere?: Readonly<Record<string, string>>
    /** Keys that blocks of another kind have, and which. */
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

/** @param wanted what is listed, with an example of how it is written */
export function list<Item extends z.core.SomeType>(item: Item, wanted: string) {
  return z.array(item, { error: issue => notOf(`a list of ${wanted}`, issue.input) })
}

/** Not showing what stands there: in the place of a block it may be a password or a URL with one. */
function notOf(wanted: string, value: unknown): string {
  return absent(wanted, value)?.message ?? `must be ${wanted}`
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known)
  return meant === undefined
    ? `is no key of this block: remove it, or use one of ${known.join(', ')}`
    : `is no key of this block: did you mean ${meant}?`
}
