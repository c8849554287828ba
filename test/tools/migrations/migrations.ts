import { randomBytes } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Pool } from 'pg'
import { sendingTo } from '../../../src/store/pg/installation.ts'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { createOnAllNodes, dropOnAllNodes } from '../../harness/postgres/citus.ts'
import { ScratchServer } from '../../harness/postgres/scratch-server.ts'
import { SCHEMAS } from '../../store/schema/old-schema.ts'
import { fillDatabase, type Size } from './filled-database.ts'
import { type MeasuredStep, MOST_MS, stepTable, worstWaitMs } from './step-table.ts'
import { Writers } from './writers.ts'

/** Settings of a database server of that size. */
const SETTINGS = `
shared_buffers = 2GB
maintenance_work_mem = 1GB
max_wal_size = 6GB
synchronous_commit = off
max_logical_replication_workers = 0
`

/**
 * `npm run migrations [-- SCHEMA…] [--sessions N] [--deltas N] [--readers] [--citus URL]`: fills a database of each schema, by default
 * of 0.1.0, upgrades it while others write to it, and prints how long each step took and how long nobody could write.
 * With `--readers` somebody reads for seconds at a time. Needs 35 GB for the default size. With `--citus`, the coordinator of a cluster, the tables are distributed at the end.
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      sessions: { type: 'string', default: '10000000' },
      deltas: { type: 'string', default: '100000000' },
      readers: { type: 'boolean', default: false },
      citus: { type: 'string' },
    },
    allowPositionals: true,
  })
  const unknown = positionals.filter(it => !SCHEMAS.includes(it))
  if (unknown.length > 0) {
    console.error(`error: no schema ${unknown.join(', ')}; there are: ${SCHEMAS.join(', ')}`)
    return 2
  }
  const size = { sessions: Number(values.sessions), deltas: Number(values.deltas) }
  const use = (schema: string) => (url: string) => upgrade(url, { schema, size, isRead: values.readers })
  let isLate = false
  for (const schema of positionals.length > 0 ? positionals : [RELEASED]) {
    const steps = await (values.citus === undefined
      ? onServer(use(schema))
      : onCluster(values.citus, use(schema)))
    console.log(`\n${schema}, ${values.sessions} sessions, ${values.deltas} deltas\n${stepTable(steps)}\n`)
    isLate ||= worstWaitMs(steps) > MOST_MS
  }
  return isLate ? 1 : 0
}

/** The schema of 0.1.0. */
const RELEASED = '0005_alerts'

async function onServer<T>(use: (url: string) => Promise<T>): Promise<T> {
  const server = await ScratchServer.create()
  try {
    await appendFile(join(server.home, 'data', 'postgresql.conf'), SETTINGS)
    return await use(await server.start())
  } finally {
    await server.end()
  }
}

async function onCluster<T>(coordinator: string, use: (url: string) => Promise<T>): Promise<T> {
  const name = `migrations_${randomBytes(6).toString('hex')}`
  await createOnAllNodes(coordinator, name)
  try {
    return await use(Object.assign(new URL(coordinator), { pathname: `/${name}` }).href)
  } finally {
    await dropOnAllNodes(coordinator, name)
  }
}

interface Upgrade {
  readonly schema: string
  readonly size: Size
  readonly isRead: boolean
}

async function upgrade(url: string, { schema, size, isRead }: Upgrade): Promise<readonly MeasuredStep[]> {
  const pool = new Pool({ connectionString: url, max: 4 })
  // Filling uses statements of the store.
  pool.on('connect', sendingTo(undefined))
  const beginMs = performance.now()
  await fillDatabase(pool, schema, size)
  const { rows } = await pool.query<{ size: string }>(
    'select pg_size_pretty(pg_database_size(current_database())) as size',
  )
  await pool.end()
  console.log(`${schema}: filled with ${rows[0]?.size} in ${seconds(performance.now() - beginMs)}`)
  const writers = new Writers(url, size, isRead)
  const steps: { name: string; fromMs: number; toMs: number }[] = []
  let fromMs = performance.now()
  const note = (name: string) => {
    const toMs = performance.now()
    steps.push({ name, fromMs, toMs })
    console.log(`  ${name}: ${seconds(toMs - fromMs)}`)
    fromMs = toMs
  }
  await migrate({ url }, { onStep: ({ tag, step, kind }) => note(`${tag} ${step} ${kind}`) })
  note('the rest')
  await writers.stop()
  for (const [message, times] of writers.failures) console.log(`  ${times} × ${message}`)
  return steps.map(step => ({ ...step, waits: writers.waits }))
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

process.exitCode = await main()
