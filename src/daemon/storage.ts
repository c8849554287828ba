import type { Config } from '../config/config.ts'
import { daemonId } from '../journal/files/daemon-id.ts'
import { nodeDisk } from '../journal/files/node-disk.ts'
import { Journal } from '../journal/journal.ts'
import { measureJournal } from '../journal/journal-metrics.ts'
import type { RouterBooks } from '../recording/router-books.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Lifecycle } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { Housekeeping } from '../store/housekeeping/housekeeping.ts'
import { SchemaWatch } from '../store/housekeeping/schema-watch.ts'
import { LedgerStore } from '../store/ledger-store.ts'
import type { SchemaTooNew } from '../store/pg/errors.ts'
import type { LockHolder } from '../store/pg/lock-holders.ts'
import { migrate } from '../store/pg/migrate.ts'
import type { StepDone } from '../store/schema/apply-migrations.ts'
import { measureReplica } from '../store/usage/replica-metrics.ts'
import { ReplicaWatch } from '../store/usage/replica-watch.ts'
import { type DaemonConnections, installationOf, openConnections, replicaUrl } from './daemon-database.ts'

export interface StorageOptions {
  readonly config: Pick<Config, 'database' | 'journal' | 'retention'>
  /** What waits for the database of each router. Checkpoints of the journal contain it. */
  readonly books: RouterBooks
  readonly lifecycle: Lifecycle
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
  /** Called when a later release changes the tables: this daemon has to be stopped, and not restarted. */
  readonly onTooNew: (error: SchemaTooNew) => void
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** The daemon's database and journal. */
export interface Storage extends DaemonConnections {
  /** This daemon's id, which stays the same over restarts. */
  readonly owner: string
  readonly store: LedgerStore
  /** The journal, loaded. */
  readonly journal: Journal
  /** Writes what is appended to the journal. Not started. */
  readonly journaling: Loop
  /** Not started. */
  readonly housekeeping: Housekeeping
  /** Looks for migrations of a later release. Not started. */
  readonly schemaWatch: SchemaWatch
  /** Measures the lag of the replica, if there is one. Not started. */
  readonly replica: ReplicaWatch | undefined
}

/**
 * Opens the database, with the newest schema, and the journal. They stop with the lifecycle.
 * @throws Stopping, and the errors of a database or journal that cannot be opened
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { config, books, lifecycle, metrics, clock, log, onTooNew, onBug } = options
  const installation = await installationOf(config, lifecycle, { clock, log })
  const onStep = (step: StepDone) => log.info(step, 'the database is being upgraded')
  const onWait = (holders: readonly LockHolder[]) =>
    log.warn({ holders }, 'the start waits for locks in the database that others have')
  await lifecycle.wait(() => migrate(installation, { onStep, onWait, signal: lifecycle.stopping }))
  const readUrl = replicaUrl(config)
  const connections = openConnections({ ...installation, readUrl }, lifecycle, log)
  const { database, usage } = connections
  const owner = await daemonId(config.journal.directory)
  const { deltasMs: deltasRetentionMs } = config.retention
  const store = new LedgerStore({ database, clock, owner, deltasRetentionMs })
  const journal = new Journal({
    ...{ ...config.journal, disk: nodeDisk, clock, log },
    pending: () => books.checkpoints(),
  })
  measureJournal(metrics, journal)
  await lifecycle.start('journal', journal)
  await journal.load()
  const journaling = new Loop(signal => journal.run(signal), onBug)
  const housekeeping = new Housekeeping({ database, terms: config.retention, clock, log, onBug })
  const schemaWatch = new SchemaWatch({ database, onTooNew, clock, onBug })
  const replica =
    readUrl === undefined ? undefined : new ReplicaWatch({ database, usage, owner, clock, log, onBug })
  if (replica) measureReplica(metrics, replica)
  return { ...connections, owner, store, journal, journaling, housekeeping, schemaWatch, replica }
}
