import { createHash } from 'node:crypto'
import { RouterGarbled, RouterLoginRefused } from '../errors.ts'
import type { Line } from './line.ts'
import type { Receiver } from './node-routeros.ts'
import type { Sentence } from './sentence.ts'
import { type Encoding, encodeText } from './text.ts'
import { encodeWord } from './words.ts'

const NO_WORD = new Uint8Array()
const RESPONSE = '=response='

/**
 * What node-routeros says and hears while it logs in. Only `!done` is passed on to it, so that it can only succeed;
 * all else ends the line.
 *
 *     /login =name= =password=    !done            logged in
 *                                 !done =ret=…     before 6.43: 16 bytes to prove the password by
 *     /login =name= =response=    !done            logged in
 */
export class Login {
  readonly #line: Line
  readonly #receiver: Receiver
  readonly #encoding: Encoding
  readonly #password: string
  #challenge: Buffer | undefined

  constructor(of: { line: Line; receiver: Receiver; encoding: Encoding; password: string }) {
    this.#line = of.line
    this.#receiver = of.receiver
    this.#encoding = of.encoding
    this.#password = of.password
  }

  /** A word that the library sends, `null` being the one that closes a sentence. */
  encode(word: string | null): Buffer {
    if (word === null) return encodeWord(NO_WORD)
    // The library's own proof is wrong for a password beyond ASCII.
    if (this.#challenge && word.startsWith(RESPONSE))
      return encodeWord(Buffer.from(RESPONSE + this.#proof(this.#challenge), 'latin1'))
    return encodeWord(this.#bytes(word))
  }

  take(sentence: Sentence): void {
    const request = this.#receiver.tags.get(sentence.tag ?? '')
    if (!request) return
    if (sentence.reply === '!done') {
      const challenge = sentence.row.get('ret')
      if (challenge === undefined) request.callback(['!done'])
      else this.#answer(challenge, words => request.callback(words))
    } else if (sentence.reply === '!trap')
      this.#line.end(new RouterLoginRefused(sentence.row.get('message') ?? 'login refused'))
  }

  #answer(challenge: string, pass: (words: string[]) => void): void {
    if (this.#challenge || !/^[\da-f]{32}$/i.test(challenge)) {
      this.#line.end(new RouterGarbled('a login challenge that is none'))
      return
    }
    this.#challenge = Buffer.from(challenge, 'hex')
    pass(['!done', `=ret=${challenge}`])
  }

  #proof(challenge: Buffer): string {
    const md5 = createHash('md5').update(Buffer.of(0)).update(this.#bytes(this.#password)).update(challenge)
    return `00${md5.digest('hex')}`
  }

  /** A word with a character that the encoding lacks is sent in UTF-8. */
  #bytes(text: string): Buffer {
    return encodeText(text, this.#encoding) ?? Buffer.from(text, 'utf8')
  }
}
