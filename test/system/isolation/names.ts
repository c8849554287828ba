import { acme, globex } from '../../feed/feed-fixture.ts'

/** The tenant that looks, the one that it must not find, and one that does not exist. */
export const OWN = acme
export const OTHER = globex
export const NOWHERE = 'nobody'

/** Names that somebody may try to find the other tenant. */
export const NAMES: readonly string[] = [
  ...[OWN, OTHER, NOWHERE],
  ...[
    'GLOBEX',
    'Globex',
    'ACME',
    ' globex',
    'globex ',
    'globex\u0000',
    'globex\n',
    'acme/globex',
    '../globex',
  ],
  // Cyrillic letters, full width, and an invisible hyphen.
  ...['gl\u043ebex', '\uff47\uff4c\uff4f\uff42\uff45\uff58', 'glo\u00adbex', 'globe\u0445'],
  ...['', '*', '*admin', '/admin', '%', 'glob%', 'globex*', '.', '..', 'null', 'undefined', 'true', '0'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'x'.repeat(5_000)],
]
