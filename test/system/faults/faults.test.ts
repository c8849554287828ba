import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { BareDatabase } from './bare-database.ts'
import type { User } from './command.ts'
import { CONFIG_FAULTS } from './config-faults.ts'
import { DATABASE_FAULTS } from './database-faults.ts'
import type { Fault } from './fault.ts'
import { JOURNAL_FAULTS } from './journal-faults.ts'
import { LISTENING_FAULTS } from './listening-faults.ts'
import { ordinaryUser } from './ordinary-user.ts'
import { Place } from './place.ts'
import { ROUTER_FAULTS } from './router-faults.ts'
import { ROUTER_TLS_FAULTS } from './router-tls-faults.ts'
import { TOKEN_FAULTS } from './token-faults.ts'

const FAULTS = {
  'the command line and the config': CONFIG_FAULTS,
  'the database': DATABASE_FAULTS,
  'the journal': JOURNAL_FAULTS,
  'the server': LISTENING_FAULTS,
  tokens: TOKEN_FAULTS,
  'the routers': ROUTER_FAULTS,
  'the routers’ TLS': ROUTER_TLS_FAULTS,
}
/** Enough for the longest test, which starts a daemon and another one beside it. */
const WITHIN_MS = 60_000

let database: ScratchDatabase
let bare: BareDatabase
let user: User | string
const table: string[] = []

beforeAll(async () => {
  database = await createScratchDatabase()
  bare = await BareDatabase.create()
  user = await ordinaryUser()
})

afterAll(async () => {
  console.log(table.join('\n'))
  await bare.drop()
  await database.drop()
})

describe.each(Object.entries(FAULTS))('faults of %s', (_, faults) => {
  test.for(faults)(
    'one line says what is wrong and what to do: $what',
    { timeout: WITHIN_MS },
    async (fault, { skip }) => {
      const place = await Place.create()
      onTestFinished(() => place.end())
      const shown = await fault.provoke({ place, database, bare, user })
      if (typeof shown === 'string') {
        table.push(row(fault, `(not provoked: ${shown})`))
        return skip(shown)
      }
      const { code, line } = { ...shown, line: place.named(shown.line) }
      table.push(row(fault, line))
      expect({ code, line }).toEqual({ code: fault.code, line: fault.line })
    },
  )
})

function row({ what, command, code }: Fault, line: string): string {
  return `${what} [${command}, ${code === null ? 'goes on' : `exit ${code}`}]\n    ${line}`
}
