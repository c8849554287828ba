import { existsSync } from 'node:fs'
import type * as z from 'zod'
import { disagreements } from './blocks/agreement.ts'
import { bucketSchema, configSchema, databaseSchema, journalSchema } from './blocks/config-schema.ts'
import type { Config } from './config.ts'
import { ConfigDocument } from './document.ts'
import { type Fault, type Finding, pathText } from './fault.ts'
import { readText } from './fields/readable-file.ts'
import type { Environment } from './fields/variables.ts'
import { resolveConfig, resolveDatabase, resolveJournal } from './resolve.ts'

/** The whole config or the requested part of it, or its faults. */
export type Loaded<T> =
  | { readonly kind: 'loaded'; readonly config: T }
  | { readonly kind: 'faulty'; readonly faults: readonly Fault[] }

/** A config of ten thousand routers takes a tenth of this. */
export const MAX_BYTES = 16 * 1024 * 1024

const MISSING = 'does not exist: name it with --config FILE, or create it from config/tikmeter.example.yaml'

/**
 * Reads the config and the secrets and certificates that it names. Returns all faults at once, sorted by line; if the
 * text is not YAML, only the syntax faults.
 */
export function loadConfig(file: string, env: Environment): Loaded<Config> {
  return load(file, text => parseConfig(file, text, env))
}

/** Like `loadConfig`, for a text; `file` is only the name used in faults. */
export function parseConfig(file: string, text: string, env: Environment): Loaded<Config> {
  return parse(file, text, values => {
    const parsed = configSchema(env).safeParse(values)
    const between = disagreements(values)
    if (parsed.success && between.length === 0) return { kind: 'right', config: resolveConfig(parsed.data) }
    return { kind: 'wrong', findings: [...between, ...findingsOf(parsed.error)] }
  })
}

/** Loads only `database`: commands that only query the database need neither router passwords nor a correct config. */
export function loadDatabase(file: string, env: Environment): Loaded<Config['database']> {
  return loadPart(file, 'database', databaseSchema(env), resolveDatabase)
}

/** Loads only `journal`. */
export function loadJournal(file: string, env: Environment): Loaded<Config['journal']> {
  return loadPart(file, 'journal', journalSchema(env), resolveJournal)
}

/** Loads only `bucket`, in milliseconds. */
export function loadBucket(file: string): Loaded<Config['bucketMs']> {
  return loadPart(file, 'bucket', bucketSchema(), bucketMs => bucketMs)
}

function loadPart<Schema extends z.ZodType, T>(
  file: string,
  name: string,
  schema: Schema,
  resolve: (part: z.infer<Schema>) => T,
): Loaded<T> {
  return load(file, text =>
    parse(file, text, values => {
      const part = typeof values === 'object' && values !== null ? Object.entries(values) : []
      const parsed = schema.safeParse(part.find(([key]) => key === name)?.[1])
      if (parsed.success) return { kind: 'right', config: resolve(parsed.data) }
      const findings = findingsOf(parsed.error).map(it => ({ ...it, path: [name, ...it.path] }))
      return { kind: 'wrong', findings }
    }),
  )
}

function load<T>(file: string, parseText: (text: string) => Loaded<T>): Loaded<T> {
  const text = readText(file, MAX_BYTES)
  if (text.kind === 'right') return parseText(text.value)
  const message = existsSync(file) ? text.message : MISSING
  return { kind: 'faulty', faults: [{ file, line: 1, column: 1, path: '', message }] }
}

type Checked<T> =
  | { readonly kind: 'right'; readonly config: T }
  | { readonly kind: 'wrong'; readonly findings: readonly Finding[] }

function parse<T>(file: string, text: string, check: (values: unknown) => Checked<T>): Loaded<T> {
  const document = new ConfigDocument(text)
  const faults: Fault[] = document
    .syntaxFaults()
    .map(fault => ({ file, ...fault, path: pathText(fault.path) }))
  if (faults.length === 0 || document.isReadable()) {
    const read = document.values()
    const checked =
      read.kind === 'finding' ? { kind: 'wrong' as const, findings: [read.finding] } : check(read.values)
    if (checked.kind === 'right' && faults.length === 0) return { kind: 'loaded', config: checked.config }
    if (checked.kind === 'wrong') {
      for (const { path, message } of checked.findings) {
        faults.push({ file, ...document.positionOf(path), path: pathText(path), message })
      }
    }
  }
  return { kind: 'faulty', faults: faults.sort((a, b) => a.line - b.line || a.column - b.column) }
}

function findingsOf(error: z.ZodError | undefined): Finding[] {
  return (error?.issues ?? []).flatMap(issue => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }]
    const messages = issue.message.split('\n')
    return issue.keys.map((key, index) => ({ path: [...issue.path, key], message: messages[index] ?? '' }))
  })
}
