import { DatabaseError } from 'pg'
import { expect, test } from 'vitest'
import { asStoreError } from '../../../src/store/pg/errors.ts'

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 10.0.0.5:5432`), { code })
}

function postgresError(code: string, message = 'refused'): DatabaseError {
  return Object.assign(new DatabaseError(message, 7, 'error'), { code })
}

test.each([
  [systemError('ECONNREFUSED'), 'start PostgreSQL there'],
  [new AggregateError([systemError('ECONNREFUSED')], ''), '10.0.0.5:5432'],
  [systemError('ENOTFOUND'), 'look up'],
  [systemError('EHOSTUNREACH'), 'nothing on the way drops it'],
  [systemError('EMFILE'), 'LimitNOFILE'],
  [new Error('timeout expired'), 'nothing on the way drops it'],
  [new Error('self-signed certificate'), 'sslrootcert=FILE'],
  [postgresError('28000'), 'pg_hba.conf'],
  [postgresError('28000', 'no pg_hba.conf entry for host "10.0.0.5", no encryption'), 'sslmode=require'],
  [postgresError('08P01', 'SSL required'), 'sslmode=require'],
  [postgresError('25006'), 'the primary'],
  [postgresError('53300'), 'max_connections'],
  [new Error('Failed query: commit', { cause: postgresError('53100') }), 'make room'],
])('the advice about %s follows its message: %s', (error, advice) => {
  expect(asStoreError('commit failed', error).message).toMatch(new RegExp(`^commit failed: .*${advice}`))
})

test('errors that pass by themselves have no advice', () => {
  expect(asStoreError('commit failed', postgresError('40P01')).message).toBe('commit failed: refused (40P01)')
})
