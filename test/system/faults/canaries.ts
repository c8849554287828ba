import { createHash, randomBytes } from 'node:crypto'

/** The number of consecutive characters of a secret that give it away. */
const FRAGMENT = 8

/** A text that somebody could read. */
export interface Output {
  /** Where it was read: `stderr of check`, for example. */
  readonly from: string
  readonly text: string
}

/** Unique secrets, which are searched for in everything that is printed. */
export class Canaries {
  readonly #forms = new Map<string, readonly string[]>()

  /** Makes a secret of characters that are special in YAML, URLs and shells. */
  make(name: string, tail = ''): string {
    const secret = `${randomBytes(12).toString('base64')}/+=${randomBytes(12).toString('base64')}${tail}`
    this.add(name, secret)
    return secret
  }

  /** Adds a secret that was made elsewhere. */
  add(name: string, secret: string): void {
    this.#forms.set(name, formsOf(secret))
  }

  /** Names each secret that was found in any form, and where: `hq's password in stderr of check`. */
  leaksIn(outputs: readonly Output[]): readonly string[] {
    return outputs.flatMap(({ from, text }) =>
      [...this.#forms].flatMap(([name, forms]) =>
        forms.some(form => text.includes(form)) ? [`${name} in ${from}`] : [],
      ),
    )
  }
}

/**
 * The secret and its parts as they are, and as URLs escape them; its base64 at any place of a longer text; its hex; and
 * its hashes, which are as good as the secret for trying out passwords.
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

/** The base64 of `bytes` at `offset` of a longer text, without the characters that also depend on their neighbours. */
function base64Of(bytes: Buffer, offset: number): readonly string[] {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const inner = text.slice(Math.ceil((offset * 8) / 6), -1)
  return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
}
