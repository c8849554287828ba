import { dirname, isAbsolute, join, resolve } from 'node:path'
import { ConfigDocument } from '../document.ts'
import { type Fault, type Finding, pathText } from '../fault.ts'
import { filePattern } from './file-pattern.ts'
import { type Files, filesOf, MAX_BYTES, MOST_FILES } from './files.ts'
import { JoinedTenants, type Place } from './joined-tenants.ts'
import { type Source, WholeConfig } from './whole-config.ts'

/** The whole config and the faults of its files as such; or, if the first file has no values, only its faults. */
export type ReadWhole =
  | {
      readonly kind: 'read'
      readonly whole: WholeConfig
      readonly faults: readonly Fault[]
      /** Whether the values of every file are in `whole`. If not, what is missing there may be in a file with faults. */
      readonly isComplete: boolean
    }
  | { readonly kind: 'unreadable'; readonly faults: readonly Fault[] }

type Block = Readonly<Record<string, unknown>>

const NO_LIST = 'must be a list of tenants, each with "- id:"; [] for none'
const NO_BLOCK = 'must be a block with the key tenants'
const ELSEWHERE = 'does not belong here: an included file may only have tenants'

/** Reads a config file and the files that it includes. These may have `tenants` and no other key. */
export function readWhole(file: string, files: Files): ReadWhole {
  const first = readSource(file, files)
  if (first.values === undefined) return { kind: 'unreadable', faults: first.faults }
  const { values } = first.values
  const patterns: unknown = isBlock(values) ? values['include'] : undefined
  const included = new IncludedFiles(file, first.bytes, files)
  if (Array.isArray(patterns)) for (const [index, it] of patterns.entries()) included.match(it, index)
  if (!isBlock(values) || included.patterns.length === 0) return alone(first, values)
  const sources = [first, ...included.sources]
  const { tenants, odd } = joined(sources)
  const whole = new WholeConfig({
    values: { ...values, tenants: tenants.values },
    ...{ include: included.patterns, sources, tenants },
  })
  const faults = [
    ...sources.flatMap(it => it.faults),
    ...included.findings.map(it => whole.locate(it)),
    ...[...odd, ...tenants.findings].map(it => whole.locateAt(it, it.message)),
  ]
  const isComplete = included.findings.length === 0 && sources.every(it => it.values !== undefined)
  return { kind: 'read', whole, faults, isComplete }
}

/** Reads a config file without the files that it includes. */
export function readAlone(file: string, files: Files): ReadWhole {
  const first = readSource(file, files)
  return first.values ? alone(first, first.values.values) : { kind: 'unreadable', faults: first.faults }
}

function alone(first: ReadSource, values: unknown): ReadWhole {
  const whole = new WholeConfig({ values, include: [], sources: [first], tenants: undefined })
  return { kind: 'read', whole, faults: first.faults, isComplete: true }
}

/** Joins the tenants of all files, and finds what does not belong in an included one. */
function joined(sources: readonly ReadSource[]) {
  const tenants = new JoinedTenants()
  const odd: (Place & { readonly message: string })[] = []
  for (const [source, { values }] of sources.entries()) {
    if (values === undefined) continue
    const block = isBlock(values.values) ? values.values : undefined
    if (!block) odd.push({ source, path: [], message: NO_BLOCK })
    const { tenants: listed = [], ...others } = block ?? {}
    if (Array.isArray(listed)) tenants.add(source, listed)
    else odd.push({ source, path: ['tenants'], message: NO_LIST })
    if (source > 0)
      for (const key of Object.keys(others)) odd.push({ source, path: [key], message: ELSEWHERE })
  }
  return { tenants, odd }
}

/** A file that was read. `values` is `undefined` if its structure cannot be read. */
interface ReadSource extends Source {
  readonly faults: readonly Fault[]
  readonly values: { readonly values: unknown } | undefined
  readonly bytes: number
}

function readSource(file: string, files: Files): ReadSource {
  const text = files.read(file)
  const document = new ConfigDocument(text.kind === 'right' ? text.value : '')
  if (text.kind === 'wrong') {
    const faults = [{ file, line: 1, column: 1, path: '', message: text.message }]
    return { file, document, faults, values: undefined, bytes: 0 }
  }
  const bytes = Buffer.byteLength(text.value)
  const faults: readonly Fault[] = document
    .syntaxFaults()
    .map(fault => ({ file, ...fault, path: pathText(fault.path) }))
  if (faults.length > 0 && !document.isReadable()) return { file, document, faults, values: undefined, bytes }
  const read = document.values()
  if (read.kind === 'values') return { file, document, faults, values: { values: read.values }, bytes }
  const { path, message } = read.finding
  const fault = { file, ...document.positionOf(path), path: pathText(path), message }
  return { file, document, faults: [...faults, fault], values: undefined, bytes }
}

/** The files that the patterns of a config stand for, each of them once. */
class IncludedFiles {
  readonly patterns: string[] = []
  readonly findings: Finding[] = []
  readonly sources: ReadSource[] = []
  readonly #folder: string
  readonly #files: Files
  readonly #seen: Set<string>
  #bytes: number

  /** @param bytes the size of the file that includes */
  constructor(file: string, bytes: number, files: Files) {
    this.#folder = dirname(file)
    this.#files = files
    this.#seen = new Set([resolve(file)])
    this.#bytes = bytes
  }

  /** Reads the files of a pattern. What is no pattern is left to the schema. */
  match(value: unknown, index: number): void {
    const checked = filePattern(value)
    if (checked.kind === 'wrong') return
    const pattern = isAbsolute(checked.value) ? checked.value : join(this.#folder, checked.value)
    this.patterns.push(resolve(pattern))
    const path = ['include', index]
    const found = filesOf(pattern, this.#files)
    if (found.kind === 'wrong') this.findings.push({ path, message: found.message })
    else this.#read(found.value, path)
  }

  #read(found: readonly string[], path: readonly PropertyKey[]): void {
    for (const file of found) {
      if (this.#seen.has(resolve(file))) continue
      this.#seen.add(resolve(file))
      const source = this.sources.length < MOST_FILES ? readSource(file, this.#files) : undefined
      this.#bytes += source?.bytes ?? 0
      const most = source ? `${MAX_BYTES} bytes` : `${MOST_FILES} files`
      if (source === undefined || this.#bytes > MAX_BYTES) {
        this.findings.push({ path, message: `leads to more than ${most} in all: include less` })
        return
      }
      this.sources.push(source)
    }
  }
}

function isBlock(value: unknown): value is Block {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
