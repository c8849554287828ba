import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Client } from 'pg'
import { embeddedPsql } from '../postgres/binaries.ts'
import { type OwnDatabase, withDatabase } from './own-database.ts'

const NO_PSQL =
  'there is no psql here: install a PostgreSQL client (Debian: apt install postgresql-client), and run this again'

/** Others of the environment that would lead psql elsewhere. */
const LEADS_ELSEWHERE = { PGHOSTADDR: undefined, PGSERVICE: undefined, PGOPTIONS: undefined }

/**
 * Opens psql on the database that we bring, as the role of the daemon, until who sits there leaves it. A server that
 * does not run yet runs as long.
 * @param own is asked for the signals that end us; while psql is open, Ctrl-C is its own
 * @returns psql's exit code
 * @throws Error where there is no psql; EmbeddedError
 */
export async function openPsql(
  directory: string,
  own: Omit<OwnDatabase, 'untilInterrupted'> & {
    readonly untilInterrupted: (isOurs: (signal: NodeJS.Signals) => boolean) => Promise<never>
  },
): Promise<number> {
  let isOpen = false
  let exitCode = 1
  const untilInterrupted = () => own.untilInterrupted(signal => !isOpen || signal !== 'SIGINT')
  await withDatabase({ kind: 'embedded', directory }, { ...own, untilInterrupted }, async url => {
    isOpen = true
    exitCode = await runPsql(url)
  })
  return exitCode
}

async function runPsql(url: string): Promise<number> {
  const { host, port, user, database, password } = new Client({ connectionString: url })
  const psql = spawn((await embeddedPsql()) ?? 'psql', [], {
    stdio: 'inherit',
    // Arguments can be seen by all accounts.
    env: {
      ...{ ...process.env, ...LEADS_ELSEWHERE, PGHOST: host, PGPORT: String(port), PGUSER: user },
      ...{ PGDATABASE: database, PGPASSWORD: password ?? undefined },
    },
  })
  // The terminal's Ctrl-C comes to both, and means the query there.
  const stay = () => {}
  const pass = (signal: NodeJS.Signals) => psql.kill(signal)
  process.on('SIGINT', stay).on('SIGTERM', pass).on('SIGHUP', pass)
  try {
    const [code] = await once(psql, 'exit')
    return typeof code === 'number' ? code : 1
  } catch (cause) {
    throw new Error(NO_PSQL, { cause })
  } finally {
    process.off('SIGINT', stay).off('SIGTERM', pass).off('SIGHUP', pass)
  }
}
