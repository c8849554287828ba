import { Client } from 'pg'
import { asStoreError } from './errors.ts'

const CONNECT_MS = 10_000

/**
 * A connection for one errand, outside of any pool; yet to be connected.
 * @throws DatabaseUnavailable where the URL names a certificate that can't be read
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
    throw asStoreError('database.url can not be used', error)
  }
}
