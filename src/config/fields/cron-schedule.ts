import { validateDetailed } from 'node-cron'
import { type Checked, notA, right, wrong } from './checked.ts'
import { written } from './written.ts'

const WANTED = 'cron with seconds, six fields such as "*/5 * * * * *"'

/** Cron with seconds. node-cron also accepts five fields and `@daily`, which are most likely mistakes here. */
export function schedule(value: unknown): Checked<string> {
  if (typeof value !== 'string') return notA(WANTED, value)
  const fields = value.trim().split(/\s+/)
  if (fields.length === 5) {
    return wrong('has five fields but needs six: put "0 ", the seconds, before them')
  }
  if (fields.length !== 6) return notA(WANTED, value)
  const { errors } = validateDetailed(value)
  if (errors.length === 0) return right(fields.join(' '))
  return wrong(`must be ${WANTED}: cron does not know its ${errors.map(({ field }) => field).join(', ')}`)
}

written({ type: 'string', pattern: '^\\s*(\\S+\\s+){5}\\S+\\s*$' }, schedule)
