import { Client, Pool } from 'pg'
import { inSchema } from '../../../src/store/pg/installation.ts'
import { DISTRIBUTED } from '../../../src/store/schema/layout.ts'
import { readMigrations, type Step } from '../../../src/store/schema/migrations.ts'

/*
 * In a cluster a statement that does not name its tenants goes to all nodes. This finds such statements among all that
 * the product sends.
 */

/** Statements that may go to all nodes, by a part of their text. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {
  'an operator decides on an event by its id': 'join (select tenant_id from ledger_events where id = $1)',
}

/** Migrations, which may go to all nodes too. */
const MIGRATIONS = new Set(readMigrations().flatMap(({ steps }) => steps.flatMap(statementsOf)))

function statementsOf(step: Step): readonly string[] {
  if (step.kind === 'index') return []
  return (step.kind === 'batches' ? [step.statement] : step.statements).map(withoutSchema)
}

/** Statements reach pg without the mark of our schema, and the pool with it. */
function withoutSchema(statement: string): string {
  return inSchema(statement, undefined)
}

const MENTION = new RegExp(
  `\\b(?:from|join|update|using)\\s+(?:only\\s+)?"?(?:${DISTRIBUTED.map(withoutSchema).join('|')})"?(?![\\w_])`,
  'gi',
)
/** Named by a parameter, or by the same column of other rows that are of one tenant. */
const NAMING = /\btenant_id"? (?:= (?:\$\d|any\(\$\d|'|any\('))/i

/**
 * Finds where a statement touches rows of a distributed table without naming their tenants in the same query or
 * subquery. Inserts need not: each row has its tenant, which is in its key.
 */
export function unnamed(statement: string): readonly string[] {
  const text = withoutSchema(statement)
  if (MIGRATIONS.has(text)) return []
  if (Object.values(EXCEPTIONS).some(part => text.includes(part))) return []
  return [...text.matchAll(MENTION)].flatMap(mention => {
    const query = queryAround(text, mention.index)
    return NAMING.test(query) ? [] : [query.slice(0, 200)]
  })
}

/** The innermost query in parentheses that contains a position, or the whole statement; without queries inside of it. */
function queryAround(text: string, at: number): string {
  let from = at
  for (let depth = 0; from > 0; from--) {
    depth += step(text[from - 1], '(', ')')
    if (depth > 0) break
  }
  let to = at
  for (let depth = 0; to < text.length; to++) {
    depth += step(text[to], ')', '(')
    if (depth > 0) break
  }
  return withoutQueries(text.slice(from, to))
}

/** A text without the parts in parentheses that are queries of their own. */
function withoutQueries(text: string): string {
  const innermost = /\(([^()]*)\)/g
  const marked = text.replace(innermost, (_, inner: string) => (QUERY.test(inner) ? '' : `\0${inner}\x01`))
  const restored = (all: string) => all.replaceAll('\0', '(').replaceAll('\x01', ')')
  return marked === text ? restored(text) : withoutQueries(marked)
}

const QUERY = /\b(?:select|from)\b/i

function step(character: string | undefined, out: string, into: string): number {
  return character === out ? 1 : character === into ? -1 : 0
}

/** Makes every statement of the product throw that touches rows of all tenants. Those of tests may. */
export function watchStatements(): void {
  for (const kind of [Client, Pool]) {
    const { query } = kind.prototype
    kind.prototype.query = function (this: Client, ...args: unknown[]) {
      check(args[0])
      return Reflect.apply(query, this, args)
    } as typeof query
  }
}

function check(asked: unknown): void {
  const text = typeof asked === 'string' ? asked : textOf(asked)
  if (text === undefined || !isOfProduct(new Error().stack ?? '')) return
  const [found] = unnamed(text)
  if (found !== undefined) throw new Error(`a statement names no tenant: ${found}`)
}

function textOf(asked: unknown): string | undefined {
  if (typeof asked !== 'object' || asked === null || !('text' in asked)) return undefined
  return typeof asked.text === 'string' ? asked.text : undefined
}

/** Whether the first caller that is neither pg nor this file is the product, or drizzle. */
function isOfProduct(stack: string): boolean {
  const callers = stack
    .split('\n')
    .slice(1)
    .filter(line => !/named-tenants|rewrite-statements|node_modules\/pg|node:/.test(line))
  return /\/src\/|drizzle-orm/.test(callers[0] ?? '')
}
