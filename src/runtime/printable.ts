/** Control characters that move a terminal's cursor, or worse. JSON escapes them anyway. */
const CONTROLS = '\\u0001-\\u001f'
/** DEL, C1 controls, line and paragraph separators, and characters that change the direction of text. */
const OTHERS = '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u206f'

/**
 * Characters that a terminal would act on, for a bracket expression that JavaScript and PostgreSQL read alike. NUL is
 * missing, because PostgreSQL cannot store it.
 */
export const UNPRINTABLE = `${CONTROLS}${OTHERS}`
/** The character that replaces each of them. */
export const REPLACEMENT = '\ufffd'

const EACH = new RegExp(`[\\u0000${UNPRINTABLE}]`, 'g')
const EACH_IN_LINES = new RegExp(`(?!\\n)[\\u0000${UNPRINTABLE}]`, 'g')
const EACH_IN_JSON = new RegExp(`[${OTHERS}]`, 'g')

/** Replaces everything that a terminal would act on, because routers and subscribers choose their own names. */
export function printable(text: string): string {
  return text.replaceAll(EACH, REPLACEMENT)
}

/** Does the same, but keeps line feeds: for text whose lines are ours. */
export function printableLines(text: string): string {
  return text.replaceAll(EACH_IN_LINES, REPLACEMENT)
}

/** Escapes everything in JSON that a terminal would act on. */
export function printableJson(json: string): string {
  return json.replaceAll(EACH_IN_JSON, it => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
