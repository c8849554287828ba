import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'

export interface ScratchDatabase {
  readonly url: string
  /** Removes it, whoever is connected. */
  drop(): Promise<void>
}

/** A migrated, empty database for one test file, which drops it in the end. */
export async function createScratchDatabase(): Promise<ScratchDatabase> {
  const template = inject('templateDatabaseUrl')
  const name = `scratch_${randomBytes(6).toString('hex')}`
  const templateName = new URL(template).pathname.slice(1)
  await ask(urlOf(template, 'postgres'), `create database ${name} template ${templateName}`)
  return {
    url: urlOf(template, name),
    drop: () => ask(urlOf(template, 'postgres'), `drop database ${name} with (force)`),
  }
}

function urlOf(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href
}

async function ask(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
