import { Client } from 'pg'
import { asStoreError } from './errors.ts'

const CONNECT_MS = 10_000

/**
 * Makes a connection for one task, outside of any pool and not connected yet.
 * @throws DatabaseUnavailable if the URL names a certificate that cannot be read
 */
export function clientFor(url: string, applicationName: string): Client {
  try {
    const client = new Client({
      connectionString: url,
      application_name: applicationName,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
    })
    client.on('error', () => {}) // The query under way rejects with it.
    return client
  } catch (error) {
    throw asStoreError('database.url cannot be used', error)
  }
}
