import { existsSync } from 'node:fs'
import type * as z from 'zod'
import { disagreements } from './blocks/agreement.ts'
import { bucketSchema, configSchema, databaseSchema, journalSchema } from './blocks/config-schema.ts'
import type { Config } from './config.ts'
import type { Fault, Finding } from './fault.ts'
import type { Environment } from './fields/variables.ts'
import { DISK, type Files, withText } from './include/files.ts'
import { readAlone, readWhole } from './include/read-whole.ts'
import { resolveConfig, resolveDatabase, resolveJournal } from './resolve.ts'

/** The whole config or the requested part of it, or its faults. */
export type Loaded<T> =
  | { readonly kind: 'loaded'; readonly config: T }
  | {
      readonly kind: 'faulty'
      readonly faults: readonly Fault[]
      /** The patterns of included files, as in `Config`; `undefined` if they cannot be read. */
      readonly include?: readonly string[] | undefined
    }

const MISSING = 'does not exist: name it with --config FILE, or create it from config/tikmeter.example.yaml'

/**
 * Reads the config, the files that it includes, and the secrets and certificates that it names. Returns all faults at
 * once, sorted by file and line; if a text is not YAML, only the syntax faults.
 * @param files where the files are read
 */
export function loadConfig(file: string, env: Environment, files: Files = DISK): Loaded<Config> {
  const read = readWhole(file, files)
  if (read.kind === 'unreadable') return { kind: 'faulty', faults: explained(file, read.faults, files) }
  const { whole, faults, isComplete } = read
  const { include } = whole
  if (!isComplete) return { kind: 'faulty', faults: whole.sorted(faults), include }
  const parsed = configSchema(env).safeParse(whole.values)
  const between = disagreements(whole.values)
  if (parsed.success && between.length === 0 && faults.length === 0)
    return { kind: 'loaded', config: resolveConfig(parsed.data, include) }
  const found = [...between, ...findingsOf(parsed.error)].map(it => whole.locate(it))
  return { kind: 'faulty', faults: whole.sorted([...faults, ...found]), include }
}

/** Like `loadConfig`, for a text; `file` is only the name used in faults. */
export function parseConfig(file: string, text: string, env: Environment): Loaded<Config> {
  return loadConfig(file, env, withText(file, text, DISK))
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
  const read = readAlone(file, DISK)
  if (read.kind === 'unreadable') return { kind: 'faulty', faults: explained(file, read.faults, DISK) }
  const { whole, faults } = read
  const { values } = whole
  const part = typeof values === 'object' && values !== null ? Object.entries(values) : []
  const parsed = schema.safeParse(part.find(([key]) => key === name)?.[1])
  if (parsed.success && faults.length === 0) return { kind: 'loaded', config: resolve(parsed.data) }
  const found = findingsOf(parsed.error).map(it => whole.locate({ ...it, path: [name, ...it.path] }))
  return { kind: 'faulty', faults: whole.sorted([...faults, ...found]) }
}

/** Says what to do about a config that does not exist. */
function explained(file: string, faults: readonly Fault[], files: Files): readonly Fault[] {
  const isMissing = files.read(file).kind === 'wrong' && !existsSync(file)
  return isMissing ? faults.map(it => ({ ...it, message: MISSING })) : faults
}

function findingsOf(error: z.ZodError | undefined): Finding[] {
  return (error?.issues ?? []).flatMap(issue => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }]
    const messages = issue.message.split('\n')
    return issue.keys.map((key, index) => ({ path: [...issue.path, key], message: messages[index] ?? '' }))
  })
}
