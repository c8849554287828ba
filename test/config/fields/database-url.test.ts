import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { isPostgresUrl } from '../../../src/config/fields/database-url.ts'
import { hostUrls } from '../../../src/store/pg/hosts.ts'

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

  it.each([
    'postgres://u:p@one:5432,two:5433/tikmeter',
    'postgres://u:p,w@one,[::1]:5433/tikmeter?sslmode=require',
  ])('may name several hosts: %s', url => {
    expect(isPostgresUrl(url)).toEqual({ kind: 'right', value: url })
    for (const hostUrl of hostUrls(url))
      expect(new pg.Client({ connectionString: hostUrl })).toMatchObject({ database: 'tikmeter', user: 'u' })
    expect(hostUrls(url).length).toBe(2)
  })

  it.each([
    'postgres://u:p@one:5432,two:x/tikmeter',
    'postgres://u:p@one,two:/x:5/tikmeter',
    'postgres://u:p@one,,two:5/t',
  ])('has a host in each place: %s', url => {
    expect(isPostgresUrl(url).kind).toBe('wrong')
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
