import { createHash, randomBytes } from 'node:crypto'

/** What of a secret gives it away: so many characters of it in a row. */
const FRAGMENT = 8

/** What somebody could read. */
export interface Output {
  /** `stderr of check`, for one. */
  readonly from: string
  readonly text: string
}

/** Secrets that stand nowhere else, to be looked for in all that is printed. */
export class Canaries {
  readonly #forms = new Map<string, readonly string[]>()

  /** A new one, of characters that YAML, URLs and shells each make something of. */
  make(name: string, tail = ''): string {
    const secret = `${randomBytes(12).toString('base64')}/+=${randomBytes(12).toString('base64')}${tail}`
    this.add(name, secret)
    return secret
  }

  /** One that somebody else made. */
  add(name: string, secret: string): void {
    this.#forms.set(name, formsOf(secret))
  }

  /** Where a secret is, in any form: `hq's password in stderr of check`. */
  leaksIn(outputs: readonly Output[]): readonly string[] {
    return outputs.flatMap(({ from, text }) =>
      [...this.#forms].flatMap(([name, forms]) =>
        forms.some(form => text.includes(form)) ? [`${name} in ${from}`] : [],
      ),
    )
  }
}

/**
 * A secret as it is, or a part of it; escaped, as URLs have it; in base64, wherever in a longer text it stood; in hex;
 * and its hashes, which are as good as itself for who wants to try passwords.
 */
function formsOf(secret: string): readonly string[] {
  const inUrls = encodeURIComponent(secret)
  const bytes = [Buffer.from(secret, 'utf8'), Buffer.from(secret, 'latin1'), Buffer.from(inUrls)]
  return [
    ...fragmentsOf(secret),
    ...fragmentsOf(inUrls),
    ...bytes.flatMap(it => [0, 1, 2].flatMap(offset => base64Of(it, offset))),
    ...bytes.flatMap(it => fragmentsOf(it.toString('hex'), 2 * FRAGMENT)),
    ...bytes.flatMap(it => ['md5', 'sha256'].map(hash => createHash(hash).update(it).digest('hex'))),
  ]
}

function fragmentsOf(text: string, length = FRAGMENT): readonly string[] {
  return Array.from({ length: text.length - length + 1 }, (_, at) => text.slice(at, at + length))
}

/** Behind so many bytes of something else; without the characters that those, and what follows, have a part in. */
function base64Of(bytes: Buffer, offset: number): readonly string[] {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const its = text.slice(Math.ceil((offset * 8) / 6), -1)
  return [its, its.replaceAll('+', '-').replaceAll('/', '_')]
}
