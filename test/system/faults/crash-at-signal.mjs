import { Client } from 'pg'

/**
 * Loaded before the daemon: at SIGUSR2 it throws an error that nobody catches, with everything that errors of pg and
 * drizzle have been seen to carry.
 */
process.on('SIGUSR2', () => {
  const url = process.env['DATABASE_URL'] ?? ''
  const client = new Client({ connectionString: url })
  const cause = Object.assign(new Error('connection terminated'), { client, url })
  throw Object.assign(new Error('crashed at SIGUSR2', { cause }), { params: [url], env: process.env })
})
