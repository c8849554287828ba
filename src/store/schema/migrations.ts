import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import * as z from 'zod'
import { PACKAGE_FOLDER } from '../../runtime/package-folder.ts'

const FOLDER = join(PACKAGE_FOLDER, 'drizzle/migrations')

/** Its entries are in the order of the migrations. */
const JOURNAL = z.object({ entries: z.array(z.object({ tag: z.string() })) })

/** A file of statements. It is applied step by step, and what is applied is recorded with each step. */
export interface Migration {
  /** When it was written, in milliseconds since 1970: the version of the schema that it leads to. */
  readonly version: number
  /** The name of its file: `0006_doubts`. */
  readonly tag: string
  readonly hash: string
  /** Whether daemons that do not know it write the tables rightly while it runs and afterwards. */
  readonly isCompatible: boolean
  readonly steps: readonly Step[]
}

/**
 * `transaction`: consecutive statements, which take a moment. Commits wait meanwhile.
 *
 * What takes long stands alone, and commits go on meanwhile. It may be repeated:
 * `index`: `CREATE INDEX CONCURRENTLY`; of a partitioned table, on each partition, so that the same index on the table
 * itself is made in a moment.
 * `batches`: a `DO` that commits now and then.
 */
export type Step =
  | { readonly kind: 'transaction'; readonly statements: readonly string[] }
  | IndexStep
  | { readonly kind: 'batches'; readonly statement: string }

export interface IndexStep {
  readonly kind: 'index'
  readonly isUnique: boolean
  readonly name: string
  readonly table: string
  readonly columns: readonly string[]
  /** What follows the columns. */
  readonly rest: string
}

const INDEX =
  /^CREATE (?<unique>UNIQUE )?INDEX CONCURRENTLY "(?<name>\w+)" ON (?:"tik"\.)?"(?<table>\w+)" USING btree \((?<columns>[^)]*)\)(?<rest>[^;]*);?\s*$/
const BATCHES = /^DO\b.*\bCOMMIT;/s
/** A line of a migration that old daemons need not know. All others shut them out, so that nobody forgets to. */
const COMPATIBLE = /^-- Compatible\b/m

/** Reads the migrations of this release, oldest first. */
export function readMigrations(): readonly Migration[] {
  const journal = JOURNAL.parse(JSON.parse(readFileSync(join(FOLDER, 'meta/_journal.json'), 'utf8')))
  return readMigrationFiles({ migrationsFolder: FOLDER }).map(({ folderMillis, hash, sql }, index) => ({
    ...{ version: folderMillis, tag: journal.entries[index]?.tag ?? '', hash },
    ...{ isCompatible: sql.some(it => COMPATIBLE.test(it)), steps: stepsOf(sql.map(inOurSchema)) },
  }))
}

/** The newest schema that this release knows. */
export function newestVersion(): number {
  newest ??= Math.max(...readMigrations().map(({ version }) => version))
  return newest
}
let newest: number | undefined

/** Drizzle writes foreign keys of tables without a schema like this. */
function inOurSchema(statement: string): string {
  return statement.replaceAll('"public".', '"tik".')
}

export function stepsOf(statements: readonly string[]): readonly Step[] {
  const steps: Step[] = []
  let together: string[] = []
  for (const statement of statements) {
    const alone = aloneStep(statement)
    if (!alone) {
      if (together.length === 0) steps.push({ kind: 'transaction', statements: together })
      together.push(statement)
      continue
    }
    steps.push(alone)
    together = []
  }
  return steps
}

function aloneStep(statement: string): Step | undefined {
  const text = withoutComments(statement)
  if (BATCHES.test(text)) return { kind: 'batches', statement }
  const { unique, name = '', table = '', columns = '', rest = '' } = INDEX.exec(text)?.groups ?? {}
  if (name === '') return undefined
  const named = Array.from(columns.matchAll(/"(\w+)"/g), ([, column = '']) => column)
  return { kind: 'index', isUnique: unique !== undefined, name, table, columns: named, rest }
}

function withoutComments(statement: string): string {
  return statement.replace(/^\s*(--[^\n]*\n\s*)*/, '')
}
