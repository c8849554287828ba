/** The words of one command, without the variables set for it and without redirections. */
export type Words = readonly string[]

type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: string }

/** Blanks, a comment, an operator, or a word of plain, quoted and substituted parts. */
const TOKEN =
  /(?<blank>[ \t]+|\\\n)|(?<comment>#[^\n]*)|(?<sign>&&|\|\||[0-9]?>>?(?:&[0-9])?|<(?!\()|[|;&\n])|(?<word>(?:"(?:[^"\\]|\\.)*"|'[^']*'|<\([^)]*\)|\$\([^)]*\)|\\.|[^\s"'|;&<>])+)/y

/**
 * The commands of some lines for a shell, as far as documents need it. Commands in `<( )` come before the one that they
 * are in.
 * @throws Error if it cannot be read
 */
export function commandsIn(lines: string): readonly Words[] {
  const commands: Words[] = []
  let words: string[] = []
  let isTarget = false
  const end = () => {
    const from = words.findIndex(it => !/^[A-Za-z_]\w*=/.test(it))
    if (from !== -1) commands.push(words.slice(from))
    words = []
  }
  for (const { kind, text } of tokensOf(lines)) {
    if (kind === 'sign') {
      isTarget = /[<>]/.test(text) && !/&\d$/.test(text)
      if (!/[<>]/.test(text)) end()
    } else if (isTarget) isTarget = false
    else {
      const [, inner] = /^<\((.*)\)$/.exec(text) ?? []
      if (inner !== undefined) commands.push(...commandsIn(inner))
      words.push(unquoted(text))
    }
  }
  end()
  return commands
}

function tokensOf(lines: string): readonly Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < lines.length) {
    const at = TOKEN.lastIndex
    const { groups } = TOKEN.exec(lines) ?? {}
    if (groups === undefined) throw new Error(`cannot be read from here on: ${lines.slice(at, at + 40)}`)
    const { word, sign } = groups
    if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
  }
  return tokens
}

function unquoted(word: string): string {
  return word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double, single) => double ?? single)
}
