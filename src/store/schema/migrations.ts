import { join } from 'node:path'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { PACKAGE_FOLDER } from '../../runtime/package-folder.ts'

const FOLDER = join(PACKAGE_FOLDER, 'drizzle/migrations')

/** A file of statements. It is applied step by step, and what is applied is recorded with each step. */
export interface Migration {
  /** When it was written, in milliseconds since 1970: the version of the schema that it leads to. */
  readonly version: number
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
  /^CREATE (?<unique>UNIQUE )?INDEX CONCURRENTLY "(?<name>\w+)" ON "(?<table>\w+)" USING btree \((?<columns>[^)]*)\)(?<rest>[^;]*);?\s*$/
const BATCHES = /^DO\b.*\bCOMMIT;/s
/** A line of a migration that old daemons need not know. All others shut them out, so that nobody forgets to. */
const COMPATIBLE = /^-- Compatible\b/m

/** Reads the migrations of this release, oldest first. */
export function readMigrations(): readonly Migration[] {
  return readMigrationFiles({ migrationsFolder: FOLDER }).map(({ folderMillis: version, hash, sql }) => {
    const isCompatible = sql.some(it => COMPATIBLE.test(it))
    return { version, hash, isCompatible, steps: stepsOf(sql) }
  })
}

/** The newest schema that this release knows. */
export function newestVersion(): number {
  newest ??= Math.max(...readMigrations().map(({ version }) => version))
  return newest
}
let newest: number | undefined

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
