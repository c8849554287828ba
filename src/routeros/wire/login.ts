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
 * Encodes the words that node-routeros sends for a login, and takes the answers. Only `!done` is passed on to the
 * library; a refusal ends the line.
 *
 *     /login =name= =password=    !done            logged in
 *                                 !done =ret=…     before 6.43: a challenge of 16 bytes
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

  /** Encodes a word that the library sends; `null` closes a sentence. */
  encode(word: string | null): Buffer {
    if (word === null) return encodeWord(NO_WORD)
    // The library computes a wrong response for a password that is not ASCII.
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
      this.#line.end(new RouterGarbled('the login challenge is not 16 bytes in hexadecimal, or came twice'))
      return
    }
    this.#challenge = Buffer.from(challenge, 'hex')
    pass(['!done', `=ret=${challenge}`])
  }

  #proof(challenge: Buffer): string {
    const md5 = createHash('md5').update(Buffer.of(0)).update(this.#bytes(this.#password)).update(challenge)
    return `00${md5.digest('hex')}`
  }

  /** Encodes a text; in UTF-8 if the encoding lacks one of its characters. */
  #bytes(text: string): Buffer {
    return encodeText(text, this.#encoding) ?? Buffer.from(text, 'utf8')
  }
}
