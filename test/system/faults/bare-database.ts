import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { query } from '../../harness/postgres/query.ts'

/** A database without tables, and a user who may only connect to it. */
export class BareDatabase {
  /** For its owner. */
  readonly url: string
  /** For the user without rights. */
  readonly guestUrl: string
  readonly name: string
  readonly guest: string

  private constructor(name: string) {
    this.name = name
    this.guest = `${name}_guest`
    this.url = withPath(inject('templateDatabaseUrl'), name)
    this.guestUrl = Object.assign(new URL(this.url), { username: this.guest, password: this.guest }).href
  }

  static async create(): Promise<BareDatabase> {
    const bare = new BareDatabase(`bare_${randomBytes(6).toString('hex')}`)
    await bare.#ask(`create database ${bare.name}`)
    await bare.#ask(`create role ${bare.guest} login password '${bare.guest}'`)
    return bare
  }

  async drop(): Promise<void> {
    await this.#ask(`drop database ${this.name} with (force)`)
    await this.#ask(`drop role ${this.guest}`)
  }

  async #ask(statement: string): Promise<void> {
    await query(withPath(inject('templateDatabaseUrl'), 'postgres'), statement)
  }
}

function withPath(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href
}
