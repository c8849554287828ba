/** Control and direction characters, line ends, invisible characters that belong to no letter, and lone surrogates. */
const UNSEEN = /[\p{Cc}\p{Cs}\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu

/**
 * Makes hidden characters in a name visible, because subscribers choose their names. Joiners stay: some scripts and
 * emoji need them.
 */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, it => `\\u${(it.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
}
