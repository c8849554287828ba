import type * as z from 'zod'
import { ALERT_PERIODS, ALERT_SCOPES } from '../../accounting/alert.ts'
import { OTHERS } from '../../accounting/limits/others.ts'
import { type Checked, right, wrong } from '../fields/checked.ts'
import { block, field, list } from '../fields/field.ts'
import { size } from '../fields/quantity.ts'
import { oneOf, text } from '../fields/scalar.ts'
import { written } from '../fields/written.ts'

const SUBJECTS = 'usernames or ids of routers such as [ann, bob]'

/** The limit of each subject of a scope in a period, or only of those in `of`. Alerts may use shares of it. */
export function quota() {
  return block({
    scope: field(oneOf(ALERT_SCOPES)),
    period: field(oneOf(ALERT_PERIODS)),
    limit: field(size),
    of: list(field(subject), SUBJECTS)
      .refine(
        subjects => subjects.length > 0,
        `must have at least one entry: ${SUBJECTS}; leave it out for all that have no other quota`,
      )
      .optional(),
  })
}

export type Quota = z.infer<ReturnType<typeof quota>>

/** A username may be any text that the database can hold. Ids of routers are checked in `alert-agreement.ts`. */
function subject(value: unknown): Checked<string> {
  const checked = text(value)
  if (checked.kind === 'wrong') return checked
  if (checked.value === OTHERS)
    return wrong(`must be a subscriber's name: ${OTHERS} is the row of all names beyond a router's budget`)
  return /[\0\p{Surrogate}]/u.test(checked.value)
    ? wrong('must be text without NUL or unpaired surrogates')
    : right(checked.value)
}

written({ type: 'string', pattern: '\\S' }, subject)
