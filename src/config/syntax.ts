import type { ErrorCode } from 'yaml'

const QUOTE = 'put values that contain any of : # { } [ ] , & * ! | > % @ ` in quotes'

/** Advice for texts that are not YAML. It never quotes the text, because the fault may be inside a password. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  BAD_DQ_ESCAPE: 'has a backslash that means nothing inside "": write \\\\, or use single quotes',
  BAD_INDENT:
    'does not line up: give the keys of one block the same number of spaces, and close every { and [',
  BAD_SCALAR_START: `begins with a character that YAML reserves: ${QUOTE}`,
  BLOCK_AS_IMPLICIT_KEY: `has a second ": " on its line: ${QUOTE}`,
  DUPLICATE_KEY: 'repeats a key of its block: remove one of them',
  MISSING_CHAR: 'is missing a closing quote or bracket, or the ":" after a key',
  MULTIPLE_DOCS: 'begins a second document: leave out "---"',
  RESOURCE_EXHAUSTION: 'is nested more deeply than any key of the config',
  TAB_AS_INDENT: 'is indented with a tab: use spaces',
  TAG_RESOLVE_FAILED: `has a tag, which the config does not use: ${QUOTE}`,
  UNEXPECTED_TOKEN: `cannot be read from here on: ${QUOTE}, and "\${NAME}" inside { } too`,
}

/** @param code the library's, or one of ours: an alias without an anchor, and too many aliases */
export function syntaxMessage(code: ErrorCode | 'UNRESOLVED_ALIAS' | 'ALIASES'): string {
  if (code === 'UNRESOLVED_ALIAS') return `begins with "*" and names no anchor above it: ${QUOTE}`
  if (code === 'ALIASES') return 'uses its anchors (*name) too often to be a config: write the blocks out'
  return MESSAGES[code] ?? `is not YAML (${code}): ${QUOTE}`
}
