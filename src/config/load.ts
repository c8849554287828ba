import type { z } from 'zod'
import { disagreements } from './agreement.ts'
import type { Config } from './config.ts'
import { ConfigDocument } from './document.ts'
import { type Fault, type Finding, pathText } from './fault.ts'
import { readText } from './readable-file.ts'
import { resolveConfig } from './resolve.ts'
import { configSchema } from './schema.ts'
import type { Environment } from './secret-source.ts'

export type Loaded =
  | { readonly kind: 'loaded'; readonly config: Config }
  | { readonly kind: 'faulty'; readonly faults: readonly Fault[] }

/** A fleet of ten thousand routers has a tenth of it. */
const MAX_BYTES = 16 * 1024 * 1024

/**
 * Reads the config and the secrets and certificates it names. All faults come at once, in the order of their lines;
 * only where the text is no YAML, what it would have meant stays unsaid.
 */
export function loadConfig(file: string, env: Environment): Loaded {
  const text = readText(file, MAX_BYTES)
  return text.kind === 'right'
    ? parseConfig(file, text.value, env)
    : { kind: 'faulty', faults: [{ file, line: 1, column: 1, path: '', message: text.message }] }
}

/** As `loadConfig`, of a text; `file` is only what the faults call it. */
export function parseConfig(file: string, text: string, env: Environment): Loaded {
  const document = new ConfigDocument(text)
  const faults: Fault[] = document
    .syntaxFaults()
    .map(fault => ({ file, ...fault, path: pathText(fault.path) }))
  if (faults.length === 0 || document.isReadable()) {
    const checked = check(document, env)
    if (checked.kind === 'right' && faults.length === 0) return { kind: 'loaded', config: checked.config }
    if (checked.kind === 'wrong') {
      for (const { path, message } of checked.findings) {
        faults.push({ file, ...document.positionOf(path), path: pathText(path), message })
      }
    }
  }
  return { kind: 'faulty', faults: faults.sort((a, b) => a.line - b.line || a.column - b.column) }
}

type CheckedFile =
  | { readonly kind: 'right'; readonly config: Config }
  | { readonly kind: 'wrong'; readonly findings: readonly Finding[] }

function check(document: ConfigDocument, env: Environment): CheckedFile {
  const read = document.values()
  if (read.kind === 'finding') return { kind: 'wrong', findings: [read.finding] }
  const parsed = configSchema(env).safeParse(read.values)
  const between = disagreements(read.values)
  if (parsed.success && between.length === 0) return { kind: 'right', config: resolveConfig(parsed.data) }
  return { kind: 'wrong', findings: [...between, ...(parsed.error?.issues ?? []).flatMap(findingsOf)] }
}

function findingsOf(issue: z.core.$ZodIssue): Finding[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }]
  const messages = issue.message.split('\n')
  return issue.keys.map((key, index) => ({ path: [...issue.path, key], message: messages[index] ?? '' }))
}
