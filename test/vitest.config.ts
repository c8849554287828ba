import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that mostly wait: for daemons and commands that they start, or for time to pass. */
const WAITING = [
  ...[
    'test/system/daemon/**/*.test.ts',
    'test/system/faults/**/*.test.ts',
    'test/system/isolation/**/*.test.ts',
    'test/system/cli.test.ts',
  ],
  ...[
    'test/commands/completion-shells.test.ts',
    'test/commands/psql.test.ts',
    'test/system/hostile-slow.test.ts',
    'test/postgres/*.test.ts',
  ],
  ...['test/runtime/supervisor.test.ts', 'test/store/pg/upgrade.test.ts'],
]

/** Files that check something a process has only once: its memory, its timers or its clock. */
const APART = [
  ...['test/api/usage/usage-stream.test.ts', 'test/poller/poller.test.ts', 'test/poller/schedule.test.ts'],
  ...['test/runtime/clock.test.ts', 'test/alerts/several-daemons.test.ts'],
]

/** Files that also run on tables with the keys of a Citus cluster, where each statement names its tenants. */
const OF_STORE = [
  ...['test/store/{commit,events,housekeeping,leases,load,usage}/*.test.ts', 'test/store/*.test.ts'],
  ...['test/alerts/!(several-daemons).test.ts', 'test/api/usage/!(usage-stream).test.ts'],
]

/** Files that take longest. */
const LONGEST = [
  ...['daemon/takeover', 'daemon/journal', 'daemon/reload-under-load', 'faults/faults', 'daemon/alerts'],
  ...['daemon/interrupted-start', 'daemon/full-disk', 'faults/secrets', 'commands/completion-shells'],
  ...['system/hostile-slow', 'postgres/embedded', 'postgres/role', 'alerts/several-daemons'],
  ...['usage/usage-stream', 'pg/upgrade', 'system/daemon/', 'isolation/', 'postgres/', 'system/cli'],
  ...['properties/histories', 'recording/waiting-shares', 'events/decide-event', 'wire/connection-chaos'],
  ...['fleet/books', 'journal/', 'config/alert-properties', 'feed/'],
].map(it => `/${it}`)

/** Runs long files first, so that nobody waits for one at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex(it => moduleId.includes(it))
      return at === -1 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

/** Options of all projects. A project that extended the whole config would start its own PostgreSQL. */
const EACH = {
  root: '.',
  // A real Postgres and real sockets on a small machine: generous, because a test waits for events, not for time.
  testTimeout: 30_000,
  hookTimeout: 60_000,
  pool: 'forks',
} as const

/** While these wait, others use the processors. */
const MANY = { maxWorkers: 3 * availableParallelism(), sequence: { groupOrder: 0 } } as const
/** These use a processor each: running more at a time would take longer. */
const FEW = { maxWorkers: availableParallelism(), sequence: { groupOrder: 1 } } as const

export default defineConfig({
  test: {
    root: '.',
    globalSetup: ['test/harness/postgres/global-setup.ts', 'test/system/daemon/built.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...EACH, ...MANY, name: 'apart', include: APART } },
      // A process takes one after the other, and imports each module once: that is two fifths of what they take.
      { test: { ...EACH, ...MANY, name: 'waiting', include: WAITING, isolate: false } },
      {
        test: {
          ...{ ...EACH, ...FEW, name: 'cluster', include: OF_STORE, isolate: false },
          ...{
            provide: { layout: 'keys-of-cluster' },
            setupFiles: ['test/harness/postgres/watch-statements.ts'],
          },
        },
      },
      {
        test: {
          ...{ ...EACH, ...FEW, name: 'together', include: ['test/**/*.test.ts'] },
          ...{ exclude: [...WAITING, ...APART], isolate: false },
        },
      },
    ],
  },
})
