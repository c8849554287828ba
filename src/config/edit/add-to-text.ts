import { isDeepStrictEqual } from 'node:util'
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { lineEndOf, lineStartOf, valueEndOf } from './node-end.ts'
import { blockLines, flowText, type RouterEntry, valuesOf } from './router-entry.ts'

/** The text with the entry, or why it cannot be added without a change of something else. */
export type Edited =
  | { readonly kind: 'edited'; readonly text: string }
  | { readonly kind: 'refused'; readonly why: string }

/** What is written in place of a part of the text. */
interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

class Refused extends Error {
  override readonly name = 'Refused'
}

const BY_ALIAS = 'it is an alias of another block, which would change too'
const CHANGES_MORE = 'that would change something else'

/**
 * Adds a router to the routers of a tenant, and the tenant itself if the text does not have it. Everything else stays as
 * it is, byte for byte: comments, anchors, order and line ends. Only an empty `[]` gives way to lines.
 * @param text a file of a config, or the empty text
 */
export function addToText(text: string, tenant: string, entry: RouterEntry): Edited {
  try {
    const edited = new Editor(text, tenant, entry).text()
    // The last word is not the editor's: the values must be the old ones and the new router.
    const isRight = isDeepStrictEqual(plainValues(edited), expected(plainValues(text), tenant, entry))
    return isRight ? { kind: 'edited', text: edited } : { kind: 'refused', why: CHANGES_MORE }
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', why: error.message }
    throw error
  }
}

class Editor {
  readonly #text: string
  readonly #tenant: string
  readonly #entry: RouterEntry
  readonly #eol: string

  constructor(text: string, tenant: string, entry: RouterEntry) {
    this.#text = text
    this.#tenant = tenant
    this.#entry = entry
    this.#eol = text.includes('\r\n') ? '\r\n' : '\n'
  }

  text(): string {
    let text = this.#text
    for (const { from, to, text: added } of this.#edits().sort((a, b) => b.from - a.from))
      text = text.slice(0, from) + added + text.slice(to)
    return text
  }

  #edits(): Edit[] {
    const root = parseDocument(this.#text, { stringKeys: true }).contents
    if (root === null)
      return this.#linesAt(this.#text.length, ['tenants:', ...indented(2, this.#tenantLines())])
    if (!isMap(root)) throw new Refused('the file is no block of keys')
    const tenants = pairOf(root, 'tenants')
    if (tenants === undefined) return this.#keyIn(root, 'tenants', this.#tenantLines(), undefined)
    if (isAlias(tenants.value)) throw new Refused(`tenants: ${BY_ALIAS}`)
    const found = isSeq(tenants.value) ? tenants.value.items.find(it => this.#isTenant(it)) : undefined
    if (!isMap(found)) return this.#itemIn(root, tenants, this.#tenantLines(), this.#tenantFlow())
    const routers = pairOf(found, 'routers')
    const lines = asItem(blockLines(this.#entry))
    if (routers === undefined) return this.#keyIn(found, 'routers', lines, `[${flowText(this.#entry)}]`)
    if (isAlias(routers.value)) throw new Refused(`its routers: ${BY_ALIAS}`)
    return this.#itemIn(found, routers, lines, flowText(this.#entry))
  }

  #isTenant(item: unknown): boolean {
    return isMap(item) && item.get('id') === this.#tenant
  }

  #tenantLines(): readonly string[] {
    return asItem([
      `id: ${stringify(this.#tenant).trimEnd()}`,
      'routers:',
      ...indented(2, asItem(blockLines(this.#entry))),
    ])
  }

  #tenantFlow(): string {
    return `{ id: ${stringify(this.#tenant).trimEnd()}, routers: [${flowText(this.#entry)}] }`
  }

  /** A new key with a list, at the end of a map. */
  #keyIn(map: YAMLMap, key: string, lines: readonly string[], flow: string | undefined): Edit[] {
    const end = valueEndOf(map)
    const last = map.items.at(-1)
    if (last === undefined || (map.flow && flow === undefined)) throw new Refused('it is written in { }')
    if (map.flow) return [insertion(valueEndOf(last.value ?? last.key), `, ${key}: ${flow}`)]
    return this.#linesAt(end, indented(this.#columnOf(startOf(map)), [`${key}:`, ...indented(2, lines)]))
  }

  /** A new item at the end of the list that is the value of a key. */
  #itemIn(map: YAMLMap, pair: Pair, lines: readonly string[], flow: string): Edit[] {
    const list = pair.value
    const below = this.#columnOf(startOf(pair.key)) + 2
    if (list === null || (isScalar(list) && list.value === null)) {
      if (map.flow) throw new Refused('it is written in { }')
      return this.#linesAt(valueEndOf(pair.key), indented(below, lines))
    }
    if (!isSeq(list)) throw new Refused('it is no list')
    if (!list.flow) {
      const last = list.items.at(-1)
      const like = isMap(last) && last.flow ? [`- ${flow}`] : lines
      return this.#linesAt(valueEndOf(list), indented(this.#columnOf(startOf(list)), like))
    }
    if (list.items.length > 0) return this.#afterItem(list, flow)
    const [from, to] = [startOf(list), valueEndOf(list)]
    if (map.flow || list.anchor !== undefined || !/^\[\s*\]$/.test(this.#text.slice(from, to)))
      return [insertion(from + 1, flow)]
    const blanks = /[ \t]*$/.exec(this.#text.slice(0, from))?.[0].length ?? 0
    return [{ from: from - blanks, to, text: '' }, ...this.#linesAt(to, indented(below, lines))]
  }

  /** Behind the last item within [ ]: on a line of its own if the items have some. */
  #afterItem(list: YAMLSeq, flow: string): Edit[] {
    const end = valueEndOf(list.items.at(-1))
    const start = startOf(list.items.at(-1))
    const rest = /^[ \t]*(,?)[ \t]*(?:#[^\n]*)?\r?\n/.exec(this.#text.slice(end))
    if (rest === null || !this.#text.slice(startOf(list), start).includes('\n'))
      return [insertion(end, `, ${flow}`)]
    const [line, comma] = rest
    const indent = ' '.repeat(this.#columnOf(start))
    const added = insertion(end + line.length, `${indent}${flow}${comma}${this.#eol}`)
    return comma === '' ? [insertion(end, ','), added] : [added]
  }

  /** New lines behind the line in which a value ends. */
  #linesAt(valueEnd: number, lines: readonly string[]): Edit[] {
    const at = lineEndOf(this.#text, valueEnd)
    const isOpen = at > 0 && this.#text[at - 1] !== '\n'
    const added = lines.join(this.#eol)
    return [insertion(at, isOpen ? this.#eol + added : added + this.#eol)]
  }

  #columnOf(offset: number): number {
    return offset - lineStartOf(this.#text, offset)
  }
}

function insertion(at: number, text: string): Edit {
  return { from: at, to: at, text }
}

function startOf(node: unknown): number {
  return isMap(node) || isSeq(node) || isScalar(node) ? (node.range?.[0] ?? 0) : 0
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find(it => isScalar(it.key) && it.key.value === key)
}

function asItem([first = '', ...rest]: readonly string[]): readonly string[] {
  return [`- ${first}`, ...indented(2, rest)]
}

function indented(spaces: number, lines: readonly string[]): readonly string[] {
  return lines.map(line => ' '.repeat(spaces) + line)
}

type Values = Readonly<Record<string, unknown>>

/** The values of a text, where each use of an alias has a copy of its own. */
function plainValues(text: string): unknown {
  const document = parseDocument(text, { stringKeys: true })
  if (document.errors.length > 0) throw new Refused(CHANGES_MORE)
  return JSON.parse(JSON.stringify(document.toJS() ?? {}))
}

function expected(values: unknown, tenant: string, entry: RouterEntry): unknown {
  const router = JSON.parse(JSON.stringify(valuesOf(entry)))
  if (!isBlock(values)) throw new Refused('the file is no block of keys')
  const tenants: readonly unknown[] = Array.isArray(values['tenants']) ? values['tenants'] : []
  const at = tenants.findIndex(it => isBlock(it) && it['id'] === tenant)
  const old = tenants[at]
  const routers = isBlock(old) && Array.isArray(old['routers']) ? old['routers'] : []
  const now = { ...(isBlock(old) ? old : { id: tenant }), routers: [...routers, router] }
  return { ...values, tenants: at === -1 ? [...tenants, now] : tenants.with(at, now) }
}

function isBlock(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
