import { isJson, type Json, listOf } from './json-schema.ts'

/** A key of a block, and where it may stand. */
interface Key {
  /** Dotted, from the block of its table: `limits.streams`. */
  readonly name: string
  readonly schema: Json
  /** The variants of its block that require it: `on: usage`; empty if none, `undefined` if all. */
  readonly requiredWith: string | undefined
  /** The variants that have it; `undefined` if all. */
  readonly onlyWith: string | undefined
}

/** A block, or a list of blocks, with a table of its own. */
interface Section {
  readonly title: string
  readonly about: string
  readonly block: Json
}

/** The block whose lists have tables of their own. */
const SECTIONS_OF = 'tenants'
/** The keys of a block that has no table of its own. */
const MOST_SMALL = 2

/** How values of a pattern are called; the page itself explains these words. */
const PATTERNS: readonly (readonly [part: string, name: string])[] = [
  ['(ms|s|m|h|d)', 'duration'],
  ['(B|KB|MB|GB|TB)', 'size'],
  ['(bps|kbps|', 'rate'],
  ['(\\S+\\s+){5}', 'schedule'],
  ['(\\d{4}-\\d\\d-', 'time such as `2026-11-30T09:00:00Z`'],
  [' ?%', 'share such as `80%`'],
  ['{32}', '64 hexadecimal digits'],
  ['nats|tls', 'URL'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the config's own form of a variable
  ['\\$\\{', 'text with `${NAME}`'],
]

/** A table of all keys for each block of a config, in Markdown. @param schema with descriptions, from `jsonSchemas` */
export function referencePage(schema: Json): string {
  const apart = merged(schema).filter(it => isApart(it.schema))
  const others = keysOf(schema, '', isApart).filter(it => !apart.some(({ name }) => name === it.name))
  const sections = apart.flatMap(it => sectionsOf(it.name, it.schema))
  return [
    ...['## All keys', '', '### At the top, and in small blocks', '', table(others)],
    ...sections.map(sectionText),
  ].join('\n')
}

/** Whether a block, or a list of blocks, is too large for a table with others. */
function isApart(schema: Json): boolean {
  const block = blockOf(schema)
  if (block === undefined) return false
  const keys = merged(block)
  return (
    isListOfBlocks(schema) || keys.length > MOST_SMALL || keys.some(it => blockOf(it.schema) !== undefined)
  )
}

function sectionText({ title, about, block }: Section): string {
  return [
    '',
    `### ${title}`,
    '',
    about,
    '',
    table(keysOf(block, '', it => title === SECTIONS_OF && isListOfBlocks(it))),
  ].join('\n')
}

function sectionsOf(title: string, schema: Json): readonly Section[] {
  const block = blockOf(schema)
  if (block === undefined) return []
  const inner =
    title === SECTIONS_OF
      ? merged(block)
          .filter(it => isListOfBlocks(it.schema))
          .flatMap(it => sectionsOf(`${title}: ${it.name}`, it.schema))
      : []
  return [{ title, about: text(schema['description']), block }, ...inner]
}

/**
 * The keys of a block in order, those of blocks within it behind it.
 * @param path of the block within its table, with a dot at the end
 * @param isElsewhere whether a key's own keys are in another table
 */
function keysOf(block: Json, path: string, isElsewhere: (schema: Json) => boolean): readonly Key[] {
  return merged(block).flatMap(key => {
    const named = { ...key, name: path + key.name }
    const inner = isElsewhere(key.schema) ? undefined : blockOf(key.schema)
    return [named, ...(inner === undefined ? [] : keysOf(inner, `${named.name}.`, isElsewhere))]
  })
}

/** The keys of a block, or of all variants of one. */
function merged(block: Json): readonly Key[] {
  const variants = variantsOf(block)
  const found = new Map<string, { readonly schema: Json; readonly in: Json[] }>()
  for (const variant of variants)
    for (const [name, schema] of propertiesOf(variant)) {
      const known = found.get(name)
      found.set(name, {
        schema: known ? joined(known.schema, schema) : schema,
        in: [...(known?.in ?? []), variant],
      })
    }
  return Array.from(found, ([name, { schema, in: having }]) => {
    const requiring = having.filter(it => listOf(it['required']).includes(name))
    return {
      ...{ name, schema },
      requiredWith: requiring.length === having.length ? undefined : marksOf(requiring, name),
      onlyWith: having.length === variants.length ? undefined : marksOf(having, name),
    }
  })
}

/** One key of two variants: the values of both, and the default of the one that has one. */
function joined(one: Json, other: Json): Json {
  if (JSON.stringify(one) === JSON.stringify(other)) return one
  const [a, b] = [valuesOf(one), valuesOf(other)]
  const { const: _a, enum: _b, ...rest } = { ...other, ...one }
  return a.length > 0 && b.length > 0 ? { ...rest, enum: [...new Set([...a, ...b])] } : { ...other, ...one }
}

/**
 * How variants differ from the others: the key that all of them have with values of their own, such as `on: usage`.
 * @param key about which it is said; nothing is said about that key itself
 */
function marksOf(variants: readonly Json[], key: string): string {
  const marks = variants.flatMap(variant => {
    const [name, schema] = propertiesOf(variant).find(([, it]) => valuesOf(it).length > 0) ?? []
    return name === undefined || name === key || !schema
      ? []
      : [`\`${name}: ${valuesOf(schema).join(', ')}\``]
  })
  return marks.join(' or ')
}

function table(keys: readonly Key[]): string {
  return ['| key | value | default | |', '|---|---|---|---|', ...keys.map(row)].join('\n')
}

function row({ name, schema, requiredWith, onlyWith }: Key): string {
  const about = text(schema['description'])
  const cells = [
    `\`${name}\``,
    valueText(schema),
    requiredWith === undefined
      ? 'required'
      : [defaultText(schema), needed(requiredWith)].filter(it => it !== '').join('; '),
    onlyWith === undefined ? about : `${about} Only with ${onlyWith}.`,
  ]
  return `| ${cells.map(it => it.replaceAll('|', '\\|')).join(' | ')} |`
}

function needed(requiredWith: string): string {
  return requiredWith === '' ? '' : `required with ${requiredWith}`
}

function valueText(schema: Json): string {
  if (isSecret(schema)) return 'secret'
  if (isListOfBlocks(schema)) return 'list of blocks'
  if (blockOf(schema) !== undefined && schema['anyOf'] === undefined) return 'block'
  const values = valuesOf(schema)
  if (values.length > 0) return values.map(it => `\`${it}\``).join(', ')
  const choices = listOf(schema['anyOf']).filter(isJson)
  if (choices.length > 0) return choices.map(valueText).join(' or ')
  switch (schema['type']) {
    case 'boolean':
      return '`true`, `false`'
    case 'integer':
    case 'number':
      return `${number(schema['minimum'])} to ${number(schema['maximum'])}`
    case 'array':
      return `list: ${valueText(isJson(schema['items']) ? schema['items'] : {})}`
    default:
      return PATTERNS.find(([part]) => text(schema['pattern']).includes(part))?.[1] ?? 'text'
  }
}

function defaultText(schema: Json): string {
  const { default: value } = schema
  if (value === undefined || isJson(value)) return ''
  return `\`${Array.isArray(value) ? `[${value.join(', ')}]` : text(value)}\``
}

/** The values of a key that takes only some. */
function valuesOf(schema: Json): readonly string[] {
  const { const: only, enum: several } = schema
  return only === undefined ? listOf(several).map(text) : [text(only)]
}

/** The block that is the value of a key, its element, or one of the forms of its value. */
function blockOf(schema: Json): Json | undefined {
  if (isSecret(schema)) return undefined
  if (isJson(schema['properties']) || schema['oneOf'] !== undefined) return schema
  const inner = [schema['items'], ...listOf(schema['anyOf'])].filter(isJson)
  return inner.map(blockOf).find(it => it !== undefined)
}

function isListOfBlocks({ items }: Json): boolean {
  return isJson(items) && blockOf(items) !== undefined
}

function isSecret(schema: Json): boolean {
  return listOf(schema['anyOf']).some(
    it => isJson(it) && propertiesOf(it).some(([name]) => name === 'credential'),
  )
}

function variantsOf(block: Json): readonly Json[] {
  const variants = listOf(block['oneOf']).filter(isJson)
  return variants.length > 0 ? variants : [block]
}

function propertiesOf({ properties }: Json): readonly (readonly [string, Json])[] {
  return Object.entries(isJson(properties) ? properties : {}).flatMap(([name, it]) =>
    isJson(it) ? [[name, it] as const] : [],
  )
}

function number(value: unknown): string {
  return Number(value).toLocaleString('en')
}

function text(value: unknown): string {
  return value === undefined ? '' : String(value)
}
