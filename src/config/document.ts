import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'
import { syntaxMessage } from './syntax.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

export interface SyntaxFault extends Position {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/**
 * The greatest number of alias uses, multiplied for nested aliases: enough for a fleet that shares blocks, and too few
 * for a file that expands into gigabytes.
 */
const MAX_ALIASES = 100_000

/** A YAML text that knows the position of each value. */
export class ConfigDocument {
  readonly #document: Document.Parsed
  readonly #lines = new LineCounter()

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true })
  }

  /** Syntax faults, the first one of each line: later ones on a line mostly follow from it. */
  syntaxFaults(): SyntaxFault[] {
    const perLine = new Map<number, SyntaxFault>()
    const { errors, warnings } = this.#document
    for (const { code, pos } of [...errors, ...warnings].sort((a, b) => a.pos[0] - b.pos[0])) {
      const position = this.#at(pos[0])
      if (perLine.has(position.line)) continue
      const path = code === 'DUPLICATE_KEY' ? this.#pathOfKeyAt(pos[0]) : []
      perLine.set(position.line, { ...position, path, message: syntaxMessage(code) })
      // The parser is out of step from here on and would report every line.
      if (code === 'UNEXPECTED_TOKEN') break
    }
    const unresolved = this.#unresolvedAliases().map(offset => ({
      ...this.#at(offset),
      path: [],
      message: syntaxMessage('UNRESOLVED_ALIAS'),
    }))
    return [...perLine.values(), ...unresolved]
  }

  /** Whether the structure was parsed, so that further checks find real faults and not consequences of the first. */
  isReadable(): boolean {
    const { errors } = this.#document
    return errors.every(error => error.code === 'DUPLICATE_KEY') && this.#unresolvedAliases().length === 0
  }

  /** The text as plain values, or the reason why it has none. An empty file is an empty block. */
  values():
    | { readonly kind: 'values'; readonly values: unknown }
    | { readonly kind: 'finding'; readonly finding: Omit<SyntaxFault, keyof Position> } {
    try {
      return { kind: 'values', values: this.#document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {} }
    } catch {
      return { kind: 'finding', finding: { path: [], message: syntaxMessage('ALIASES') } }
    }
  }

  /** Whether it lists a tenant with this id. */
  hasTenant(id: string): boolean {
    const tenants: unknown = this.#document.get('tenants')
    return isSeq(tenants) && tenants.items.some(it => isMap(it) && it.get('id') === id)
  }

  /** Position of the key or item; if it is missing, of the nearest block that should contain it. */
  positionOf(path: readonly PropertyKey[]): Position {
    let node: unknown = this.#document.contents
    let offset = startOf(this.#document.contents)
    for (const step of path) {
      if (isAlias(node)) node = node.resolve(this.#document)
      if (isMap(node)) {
        const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === step)
        if (pair === undefined || !isScalar(pair.key)) break
        offset = startOf(pair.key)
        node = pair.value
      } else if (isSeq<Node>(node) && typeof step === 'number') {
        const item = node.items[step]
        if (item === undefined) break
        offset = startOf(item)
        node = item
      } else break
    }
    return this.#at(offset)
  }

  /** Offsets of aliases without an anchor, found in one walk: `Alias.resolve` would take one walk each. */
  #unresolvedAliases(): number[] {
    const anchors = new Set<string>()
    const offsets: number[] = []
    visit(this.#document, {
      Value: (_key, { anchor }) => {
        if (anchor !== undefined) anchors.add(anchor)
      },
      Alias: (_key, alias) => {
        if (!anchors.has(alias.source)) offsets.push(startOf(alias))
      },
    })
    return offsets
  }

  #pathOfKeyAt(offset: number): PropertyKey[] {
    const path: PropertyKey[] = []
    visit(this.#document, {
      Pair: (_key, pair, ancestors) => {
        if (!isScalar(pair.key) || startOf(pair.key) !== offset) return undefined
        const nodes = [...ancestors, pair]
        for (const [depth, node] of nodes.entries()) {
          if (isPair(node) && isScalar(node.key)) path.push(String(node.key.value))
          else if (isSeq(node)) path.push(node.items.findIndex(item => item === nodes[depth + 1]))
        }
        return visit.BREAK
      },
    })
    return path
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset)
    return line === 0 ? { line: 1, column: 1 } : { line, column: col }
  }
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0
}
