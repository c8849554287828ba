import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: '.',
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/database/global-setup.ts'],
    // A real Postgres and real sockets on a small machine: generous, since a test waits for events, not for time.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
})
