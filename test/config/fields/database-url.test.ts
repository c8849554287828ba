import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { isPostgresUrl } from '../../../src/config/fields/database-url.ts'

describe('the URL of the database', () => {
  it.each([
    'postgres://u:p@db:5432/tikmeter',
    'postgresql://u@[::1]/tikmeter?sslmode=require',
    'postgres://u:p%2Fw@db/tikmeter',
    'postgres://u:p$w!@db/tikmeter',
    'postgres://u:p@/tikmeter?host=/run/postgresql',
    'postgres:///tikmeter?host=/run/postgresql',
  ])('is accepted, and pg accepts it too: %s', url => {
    expect(isPostgresUrl(url)).toEqual({ kind: 'right', value: url })
    expect(new pg.Client({ connectionString: url }).database).toBe('tikmeter')
  })

  it.each(['s3/cr3t', 's3?cr3t', 's3#cr3t', '12/cr3t', '12#cr3t', '12?cr3t', 's3%E9cr3t'])(
    'cut short by its password %s is refused, with advice and without showing it',
    password => {
      const checked = isPostgresUrl(`postgres://u:${password}@db:5432/tikmeter`)
      expect(checked).toMatchObject({ kind: 'wrong', message: expect.stringContaining('/ as %2F') })
      expect(JSON.stringify(checked)).not.toMatch(/cr3t|s3/)
    },
  )
})
