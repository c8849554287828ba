/** A sentence of raw words, the first of which is its type. */
export type Sentence = readonly string[]

/** A parsed sentence of a client. All strings are raw: one character per byte. */
export interface Request {
  /** `/ppp/active` for `/ppp/active/print`. */
  readonly menu: string
  /** `print` for `/ppp/active/print`. */
  readonly verb: string
  readonly attributes: ReadonlyMap<string, string>
  /** The `?` words in order, without the `?`. */
  readonly queries: readonly string[]
  readonly tag: string | undefined
}

export function parseRequest(words: readonly Buffer[]): Request {
  const [command = '', ...rest] = words.map(word => word.toString('latin1'))
  const slash = command.lastIndexOf('/')
  const attributes = new Map<string, string>()
  const queries: string[] = []
  let tag: string | undefined
  for (const word of rest) {
    if (word.startsWith('.tag=')) tag = word.slice('.tag='.length)
    else if (word.startsWith('?')) queries.push(word.slice(1))
    else if (word.startsWith('=')) {
      const [key, value] = splitAt(word, word.indexOf('=', 1))
      attributes.set(key.slice(1), value)
    }
  }
  return { menu: command.slice(0, slash), verb: command.slice(slash + 1), attributes, queries, tag }
}

/** Both sides of the `=` at `index`; a word without one is only a key. */
export function splitAt(word: string, index: number): [key: string, value: string] {
  return index < 0 ? [word, ''] : [word.slice(0, index), word.slice(index + 1)]
}
