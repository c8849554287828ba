/** Controls, what turns the direction of text, line ends, what has no width and is no letter's, and half of a character. */
const UNSEEN = /[\p{Cc}\p{Cs}\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu

/**
 * A name with all that could hide in it made visible: subscribers choose their own. Joiners stay, which scripts and
 * emoji are written with.
 */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, it => `\\u${(it.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
}
