import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** They start processes, and compare when what happens: beside others they would be judged by those. */
const APART = [
  ...['test/daemon/**/*.test.ts', 'test/faults/**/*.test.ts', 'test/cli.test.ts'],
  ...['test/commands/completion-shells.test.ts', 'test/api/usage-stream.test.ts'],
]
const LONGEST = /\/properties\/histories\.test\.ts$/

/** Nobody waits for the longest at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLongest = ({ moduleId }: TestSpecification) => LONGEST.test(moduleId)
    return [...sorted.filter(isLongest), ...sorted.filter(it => !isLongest(it))]
  }
}

/** Of all files. A project that extended the whole config would begin a PostgreSQL of its own. */
const EACH = {
  root: '.',
  // A real Postgres and real sockets on a small machine: generous, since a test waits for events, not for time.
  testTimeout: 30_000,
  hookTimeout: 60_000,
  pool: 'forks',
} as const

export default defineConfig({
  test: {
    root: '.',
    globalSetup: ['test/database/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...EACH,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: APART,
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...EACH,
          name: 'apart',
          include: APART,
          globalSetup: ['test/daemon/built.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
