import { Client } from 'pg'
import { asStoreError } from './errors.ts'
import { Hosts } from './hosts.ts'
import { type Installation, sendingTo } from './installation.ts'

const CONNECT_MS = 10_000

/**
 * Connects for one task, outside of any pool, to the host of the URL that takes writes.
 * @throws the last host's error
 */
export async function connectedClient(
  { url, schema }: Installation,
  applicationName: string,
): Promise<Client> {
  const hosts = new Hosts(url)
  let failure: unknown
  for (let tried = 0; tried < hosts.count; tried++) {
    const client = clientFor(hosts.url, applicationName)
    try {
      await client.connect()
      await hosts.check(client)
      sendingTo(schema)(client)
      return client
    } catch (error) {
      failure = error
      await client.end().catch(() => {})
      hosts.failed(hosts.url)
    }
  }
  throw failure
}

/**
 * Makes a connection for one task, outside of any pool and not connected yet.
 * @param url with one host
 * @param connectMs how long connecting may take
 * @throws DatabaseUnavailable if the URL names a certificate that cannot be read
 */
export function clientFor(url: string, applicationName: string, connectMs = CONNECT_MS): Client {
  try {
    const client = new Client({
      connectionString: url,
      application_name: applicationName,
      connectionTimeoutMillis: connectMs,
      keepAlive: true,
    })
    client.on('error', () => {}) // The query under way rejects with it.
    return client
  } catch (error) {
    throw asStoreError('database.url cannot be used', error)
  }
}
