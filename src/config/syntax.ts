import type { ErrorCode } from 'yaml'

const QUOTE = 'put a value with any of : # { } [ ] , & * ! | > % @ ` in it into quotes'

/** What to do about a text that is no YAML. None quotes the text: where it went wrong may be in a password. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  BAD_DQ_ESCAPE: 'has a backslash that means nothing inside "": write \\\\, or use single quotes',
  BAD_INDENT:
    'does not line up: give the keys of one block the same number of spaces, and close every { and [',
  BAD_SCALAR_START: `begins with a character that YAML keeps for itself: ${QUOTE}`,
  BLOCK_AS_IMPLICIT_KEY: `has a second ": " on its line: ${QUOTE}`,
  DUPLICATE_KEY: 'is a key that its block has already: remove one of them',
  MISSING_CHAR: 'lacks a closing quote or bracket, or the ":" after a key',
  MULTIPLE_DOCS: 'begins a second document: leave out "---"',
  RESOURCE_EXHAUSTION: 'is nested too deeply: no key of the config is as deep',
  TAB_AS_INDENT: 'is indented by a tab: use spaces',
  TAG_RESOLVE_FAILED: `has a tag, which the config has no use for: ${QUOTE}`,
  UNEXPECTED_TOKEN: `cannot be read from here on: ${QUOTE}, "\${NAME}" too inside of { }`,
}

/** @param code the library's, or one of ours: an alias without its anchor, and more aliases than can be meant */
export function syntaxMessage(code: ErrorCode | 'UNRESOLVED_ALIAS' | 'ALIASES'): string {
  if (code === 'UNRESOLVED_ALIAS') return `begins with "*" and names no anchor above it: ${QUOTE}`
  if (code === 'ALIASES') return 'uses its anchors (*name) too often to be a config: write the blocks out'
  return MESSAGES[code] ?? `is no YAML (${code}): ${QUOTE}`
}
