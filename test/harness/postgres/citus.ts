import { Client } from 'pg'

/**
 * The coordinator of a Citus cluster, as a superuser that may connect to its workers without a password. If it is set,
 * tests of the store, the alerts, the API and the feed run on it.
 */
export const CITUS_URL = process.env['TIKMETER_TEST_CITUS']

interface Node {
  readonly host: string
  readonly port: number
}

/** Creates a database on all nodes of the cluster, as a copy of another one, or empty and with the nodes as they are. */
export async function createOnAllNodes(coordinator: string, name: string, template?: string): Promise<void> {
  const nodes = await nodesOf(coordinator)
  const copied = template === undefined ? '' : ` template ${template} strategy file_copy`
  for (const { url } of nodes) await during(url, it => it.query(`create database ${name}${copied}`))
  if (template === undefined) await joinCluster(coordinator, name)
}

/** Creates a database on all nodes of the cluster that does not know of it. */
export async function createApartOnAllNodes(coordinator: string, name: string): Promise<void> {
  for (const { url } of await nodesOf(coordinator))
    await during(url, it => it.query(`create database ${name}`))
}

/** Makes a database that is on all nodes a part of the cluster. */
export async function joinCluster(coordinator: string, name: string): Promise<void> {
  const nodes = await nodesOf(coordinator)
  for (const { url } of nodes) await during(urlOf(url, name), it => it.query('create extension citus'))
  await during(urlOf(coordinator, name), async client => {
    const [first, ...workers] = nodes
    await client.query('select citus_set_coordinator_host($1, $2)', [first?.host, first?.port])
    for (const { host, port } of workers) await client.query('select citus_add_node($1, $2)', [host, port])
  })
}

/** Makes a database a template: nobody can connect to it any more, and Citus' own processes leave it. */
export async function sealOnAllNodes(coordinator: string, name: string): Promise<void> {
  for (const { url } of await nodesOf(coordinator))
    await during(url, async client => {
      await client.query(`alter database ${name} allow_connections false`)
      await client.query('select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = $1', [
        name,
      ])
    })
}

export async function dropOnAllNodes(coordinator: string, name: string): Promise<void> {
  // The coordinator first: it keeps connections to the others.
  for (const { url } of await nodesOf(coordinator))
    await during(url, it => it.query(`drop database if exists ${name} with (force)`))
}

/** The coordinator, then its workers. */
export async function nodesOf(coordinator: string): Promise<readonly (Node & { readonly url: string })[]> {
  const { hostname, port } = new URL(coordinator)
  const { rows } = await during(coordinator, it =>
    it.query<Node>(
      `select nodename as host, nodeport as port from pg_dist_node where groupid <> 0 order by nodeid`,
    ),
  )
  const nodes = [{ host: hostname, port: Number(port || 5432) }, ...rows]
  return nodes.map(node => ({
    ...node,
    url: Object.assign(new URL(coordinator), { hostname: node.host, port: String(node.port) }).href,
  }))
}

/** Uses a connection for one task. */
export async function during<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

function urlOf(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href
}
