import fc from 'fast-check'

/** Any Unicode character. fast-check's own `binary` takes seconds to be created. */
export const character = fc
  .nat(0x10_ff_ff)
  .filter(code => code < 0xd8_00 || code > 0xdf_ff)
  .map(code => String.fromCodePoint(code))

/** Graphemes of several scripts, of one code point or more. fast-check's own `grapheme` takes as long. */
export const letter = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }),
  fc.constantFrom(
    'é',
    'e\u0301',
    'ß',
    'Ж',
    'λ',
    'ع',
    'ש',
    'म',
    'नी',
    '字',
    'か\u3099',
    '한',
    '\u00a0',
    '\u202e',
  ),
  fc.constantFrom('😀', '👩‍🚀', '🇰🇪', '𝔘'),
)
