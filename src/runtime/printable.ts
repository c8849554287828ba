/**
 * What a terminal would act on, as the inside of a bracket expression that JavaScript and PostgreSQL read alike: the
 * controls of C0 and C1, line and paragraph separators, and what changes the direction of text. A NUL is apart, since
 * PostgreSQL has none.
 */
export const UNPRINTABLE = '\\u0001-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u206f'
/** What stands for each of them. */
export const REPLACEMENT = '\ufffd'

const EACH = new RegExp(`[\\u0000${UNPRINTABLE}]`, 'g')

/** Without what a terminal would act on: routers and subscribers choose their own names. */
export function printable(text: string): string {
  return text.replaceAll(EACH, REPLACEMENT)
}
