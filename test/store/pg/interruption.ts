import type { ClientBase } from 'pg'
import { Client } from 'pg'
import { sendingTo } from '../../../src/store/pg/installation.ts'

type Run = (client: ClientBase) => Promise<void>

/**
 * Runs something on a connection of its own again and again until it is done, and breaks the connection off before each
 * statement once, and during each once.
 * @param every breaks it off only at every such statement
 * @returns how often it was broken off
 */
export async function interruptEverywhere(url: string, run: Run, every: number): Promise<number> {
  /** The number of each statement, in the order in which they were first sent. */
  const numbers = new Map<string, number>()
  const interrupted = new Set<string>()
  const momentOf = (statement: string) => {
    const number = numbers.get(statement) ?? numbers.size
    numbers.set(statement, number)
    if (number % every !== 0) return undefined
    const moment = MOMENTS.find(it => !interrupted.has(`${it} ${statement}`))
    if (moment !== undefined) interrupted.add(`${moment} ${statement}`)
    return moment
  }
  for (let interruptions = 0; ; interruptions++) if (await isDone(url, run, momentOf)) return interruptions
}

/** When a connection is broken off. */
const MOMENTS = ['before', 'during'] as const

/** @param momentOf when to break it off at a statement, if at all */
async function isDone(
  url: string,
  run: Run,
  momentOf: (statement: string) => (typeof MOMENTS)[number] | undefined,
): Promise<boolean> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  sendingTo(undefined)(client)
  const { query } = client
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  let last = ''
  let isBroken = false
  client.query = async function (this: Client, ...args: unknown[]) {
    const before = last
    last = JSON.stringify(args)
    // A question changes nothing, unless it calls a function of Citus.
    const isQuestion = /^\["?select (?!create_)/.test(last)
    const moment = isBroken || isQuestion ? undefined : momentOf(`${before}\n${last}`)
    if (moment === undefined) return Reflect.apply(query, this, args)
    isBroken = true
    if (moment === 'before') await terminate(url, rows[0]?.pid)
    const [answer] = await Promise.allSettled([
      Reflect.apply(query, this, args),
      moment === 'during' ? terminate(url, rows[0]?.pid) : undefined,
    ])
    if (answer.status === 'rejected') throw answer.reason
    return answer.value
  } as typeof query
  try {
    await run(client)
    return !isBroken
  } catch (error) {
    if (!isBroken) throw error
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** Breaks a connection off, and waits until its transaction is gone. */
async function terminate(url: string, pid: number | undefined): Promise<void> {
  const other = new Client({ connectionString: url })
  await other.connect()
  try {
    await other.query(`select pg_catalog.pg_terminate_backend($1::int, 10000)`, [pid])
  } finally {
    await other.end()
  }
}
