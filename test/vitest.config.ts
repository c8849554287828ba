import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** They start daemons or commands, or look at what a process has one of: its memory or its timers. */
const APART = [
  ...['test/daemon/**/*.test.ts', 'test/faults/**/*.test.ts', 'test/cli.test.ts'],
  ...['test/commands/completion-shells.test.ts', 'test/alerts/several-daemons.test.ts'],
  ...['test/api/usage-stream.test.ts', 'test/poller/poller.test.ts', 'test/poller/schedule.test.ts'],
  'test/runtime/clock.test.ts',
]

/** Those that take longest. Most of them wait for a daemon, so that others use the processors meanwhile. */
const LONGEST = [
  ...['properties/histories', 'daemon/takeover', 'daemon/journal', 'daemon/reload-under-load'],
  ...['daemon/full-disk', 'daemon/alerts', 'feed/hostile-slow', 'faults/faults', 'faults/secrets', 'daemon/'],
  ...['cli', 'alerts/several-daemons', 'store/embedded', 'isolation/', 'api/usage-stream'],
].map(it => `/test/${it}`)

/** Nobody waits for a long one at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex(it => moduleId.includes(it))
      return at === -1 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

/** Of all files. A project that extended the whole config would begin a PostgreSQL of its own. */
const EACH = {
  root: '.',
  // A real Postgres and real sockets on a small machine: generous, since a test waits for events, not for time.
  testTimeout: 30_000,
  hookTimeout: 60_000,
  pool: 'forks',
  maxWorkers: 2 * availableParallelism(),
} as const

export default defineConfig({
  test: {
    root: '.',
    globalSetup: ['test/database/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...EACH, name: 'apart', include: APART, globalSetup: ['test/daemon/built.ts'] } },
      // A process takes one after the other, and imports each module once: that is two fifths of what they take.
      { test: { ...EACH, name: 'together', include: ['test/**/*.test.ts'], exclude: APART, isolate: false } },
    ],
  },
})
