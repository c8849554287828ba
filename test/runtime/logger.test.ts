import { stripVTControlCharacters } from 'node:util'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { createLogger, errorFields, forPeople, levelIn } from '../../src/runtime/logger.ts'
import { LogLines } from './log-lines.ts'
import { runScript } from './run-script.ts'

describe('an error in a log', () => {
  it('has its name, message, code and causes', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    expect(errorFields(new TypeError('no database', { cause }))).toEqual({
      name: 'TypeError',
      message: 'no database',
      cause: { name: 'Error', message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' },
    })
    expect(errorFields('thrown as it is')).toEqual({ message: 'thrown as it is' })
  })

  it('has nothing else: neither pg’s client with its password nor a query’s parameters', () => {
    const client = new pg.Client({ host: 'db', user: 'tikmeter', password: 'hunter2-hunter2' })
    const failure = Object.assign(new Error('connection terminated'), { client })
    const query = Object.assign(new Error('failed query'), { params: ['hunter2-hunter2'], cause: failure })
    expect(JSON.stringify(errorFields(query))).not.toContain('hunter2')
  })

  it('is shown like this under `err`, as an error or as its fields', () => {
    const { lines, log } = new LogLines()
    const error = Object.assign(new Error('terminated'), { client: { password: 'hunter2-hunter2' } })
    log.error({ err: error }, 'commit failed')
    log.error({ err: errorFields(error) }, 'commit failed')
    for (const line of lines) expect(line['err']).toEqual({ name: 'Error', message: 'terminated' })
  })
})

describe('a log', () => {
  it('is one line for each message for people, with the fields after it', () => {
    const out: string[] = []
    const log = createLogger('info', forPeople({ write: text => void out.push(text) }))
    log.warn({ router: 'acme/hq', err: new Error('refused') }, 'poll failed')
    const line = stripVTControlCharacters(out.join(''))
    expect(line).toMatch(
      /^\[\d\d:\d\d:\d\d\] WARN: poll failed \{"router":"acme\/hq","err":\{"name":"Error","message":"refused"\}\}\n$/,
    )
  })

  // Everything but the line feed at the end of a line, and our own colours.
  const HOSTILE = '\x1b[2J\r\n\x07\x7f\x9b31m\u061c\u200f\u2028\u202e\u2066'

  it('has nothing that a terminal would act on, whatever a router sends, and means the same as JSON', () => {
    const out: string[] = []
    const log = createLogger('info', { write: text => void out.push(text) })
    const people: string[] = []
    const forThem = createLogger('info', forPeople({ write: text => void people.push(text) }))
    const fields = {
      ...{ error: HOSTILE, name: HOSTILE, pid: HOSTILE, hostname: HOSTILE, caller: HOSTILE },
      ...{ err: new Error(HOSTILE), [HOSTILE]: [HOSTILE] },
    }
    for (const it of [log, forThem]) it.warn(fields, HOSTILE)
    expect(JSON.parse(out.join(''))).toMatchObject({ ...fields, err: { message: HOSTILE }, msg: HOSTILE })
    for (const line of [out.join(''), stripVTControlCharacters(people.join(''))]) {
      expect(line.endsWith('\n')).toBe(true)
      expect(line.slice(0, -1)).not.toMatch(/\p{Cc}|\p{Bidi_Control}|\p{Zl}|\p{Zp}/u)
    }
    expect(people.join('')).not.toContain('\x1b[2J')
  })

  it('takes another level while it runs', () => {
    const { lines, log } = new LogLines()
    log.level = 'warn'
    log.info('not told')
    log.level = 'debug'
    log.debug('told')
    expect(lines.map(line => line['msg'])).toEqual(['told'])
  })

  it('has the level in LOG_LEVEL, if it is one', () => {
    expect(levelIn({ LOG_LEVEL: 'debug' })).toBe('debug')
    expect(levelIn({ LOG_LEVEL: 'silent' })).toBe('silent')
    for (const env of [{ LOG_LEVEL: 'verbose' }, { LOG_LEVEL: 'constructor' }, {}])
      expect(levelIn(env)).toBe('info')
  })

  it('is lines of JSON if stdout is no terminal, at the level in LOG_LEVEL', async () => {
    const script = `
      import { createLogger } from './src/runtime/logger.ts'
      const log = createLogger()
      log.info({ router: 'acme/hq' }, 'router online')
      log.warn({ router: 'acme/hq' }, 'poll failed')
    `
    const { stdout } = await runScript(script, { env: { LOG_LEVEL: 'warn' } })
    const line = { level: 40, time: expect.any(String), router: 'acme/hq', msg: 'poll failed' }
    expect(JSON.parse(stdout)).toEqual(line)
  })
})
