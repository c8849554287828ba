import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What people read, in the order of their paths. */
export const DOCUMENTS: readonly string[] = [
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...['config', 'docs'].flatMap(folder =>
    readdirSync(folder)
      .filter(name => name.endsWith('.md'))
      .sort()
      .map(name => join(folder, name)),
  ),
]

/** Those that say what to type. */
export const GUIDES: readonly string[] = DOCUMENTS.filter(
  file => !['ARCHITECTURE.md', 'CHANGELOG.md', 'SECURITY.md'].includes(file),
)

/** A block between fences of three backticks. */
export interface CodeBlock {
  /** `docs/feed.md:12`, the line of its first fence. */
  readonly at: string
  readonly language: string
  /** The rest of the line of its first fence. */
  readonly note: string
  readonly text: string
}

export interface Document {
  readonly file: string
  readonly blocks: readonly CodeBlock[]
  /** The text without its blocks. */
  readonly prose: string
}

const FENCE = /^( *)```([\w+-]*) ?(.*)$/

export function readDocument(file: string): Document {
  const blocks: CodeBlock[] = []
  const prose: string[] = []
  let open: (Omit<CodeBlock, 'text'> & { readonly indent: string }) | undefined
  let lines: string[] = []
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const fence = FENCE.exec(line)
    if (open === undefined && fence) {
      const [, indent = '', language = '', note = ''] = fence
      open = { at: `${file}:${index + 1}`, indent, language, note }
      lines = []
    } else if (open === undefined) prose.push(line)
    else if (fence) {
      const { indent: _, ...block } = open
      blocks.push({ ...block, text: `${lines.join('\n')}\n` })
      open = undefined
    } else lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line)
  }
  if (open !== undefined) throw new Error(`${open.at} opens a block that nothing closes`)
  return { file, blocks, prose: prose.join('\n') }
}

/** All blocks of the guides in these languages. */
export function blocksIn(...languages: readonly string[]): readonly CodeBlock[] {
  return GUIDES.flatMap(file => readDocument(file).blocks).filter(it => languages.includes(it.language))
}

/** Texts between single backticks, in tables with `\|` as `|`. */
export function spansIn(prose: string): readonly string[] {
  return Array.from(prose.matchAll(/`([^`\n]+)`/g), ([, span = '']) => span.replaceAll('\\|', '|'))
}
