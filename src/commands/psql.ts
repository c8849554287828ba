import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Client } from 'pg'
import { embeddedPsql } from '../postgres/binaries.ts'
import { type OwnDatabase, withDatabase } from './own-database.ts'

const NO_PSQL =
  'psql is not installed: install a PostgreSQL client (Debian: apt install postgresql-client), and run this again'

/** Variables of the environment that would connect psql to another server. */
const LEADS_ELSEWHERE = { PGHOSTADDR: undefined, PGSERVICE: undefined, PGOPTIONS: undefined }

/**
 * Opens psql on the embedded database, as the daemon's role, and returns when the user leaves it. If the server is not
 * running, it runs only meanwhile.
 * @param own `untilInterrupted` watches the signals that end us; while psql is open, Ctrl-C belongs to it
 * @returns psql's exit code
 * @throws EmbeddedError, or Error if psql is not installed
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
  await withDatabase({ kind: 'embedded', directory }, { ...own, untilInterrupted }, async ({ url }) => {
    isOpen = true
    exitCode = await runPsql(url)
  })
  return exitCode
}

async function runPsql(url: string): Promise<number> {
  const { host, port, user, database, password } = new Client({ connectionString: url })
  const psql = spawn((await embeddedPsql()) ?? 'psql', [], {
    stdio: 'inherit',
    // All accounts can see arguments.
    env: {
      ...{ ...process.env, ...LEADS_ELSEWHERE, PGHOST: host, PGPORT: String(port), PGUSER: user },
      ...{ PGDATABASE: database, PGPASSWORD: password ?? undefined },
    },
  })
  // The terminal sends Ctrl-C to both processes; psql uses it to cancel the query.
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
