/** A terminal moves its cursor by these, or does worse; in JSON they are escaped as it is. */
const CONTROLS = '\\u0001-\\u001f'
/** DEL, the controls of C1, line and paragraph separators, and what changes the direction of text. */
const OTHERS = '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u206f'

/**
 * What a terminal would act on, as the inside of a bracket expression that JavaScript and PostgreSQL read alike: they
 * differ in NUL alone, which PostgreSQL has not.
 */
export const UNPRINTABLE = `${CONTROLS}${OTHERS}`
/** What stands for each of them. */
export const REPLACEMENT = '\ufffd'

const EACH = new RegExp(`[\\u0000${UNPRINTABLE}]`, 'g')
const EACH_IN_LINES = new RegExp(`(?!\\n)[\\u0000${UNPRINTABLE}]`, 'g')
const EACH_IN_JSON = new RegExp(`[${OTHERS}]`, 'g')

/** Without what a terminal would act on: routers and subscribers choose their own names. */
export function printable(text: string): string {
  return text.replaceAll(EACH, REPLACEMENT)
}

/** Lines of our own, without what else a terminal would act on. */
export function printableLines(text: string): string {
  return text.replaceAll(EACH_IN_LINES, REPLACEMENT)
}

/** The same JSON, with escapes for what a terminal would act on. */
export function printableJson(json: string): string {
  return json.replaceAll(EACH_IN_JSON, it => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
