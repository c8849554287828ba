import fc from 'fast-check'

/** Any character of Unicode. That of fast-check, `binary`, takes seconds to be made. */
export const character = fc
  .nat(0x10_ff_ff)
  .filter(code => code < 0xd8_00 || code > 0xdf_ff)
  .map(code => String.fromCodePoint(code))

/** What is read as one letter, of several scripts, and of one code point or more. So does `grapheme`. */
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
