import type * as z from 'zod'
import { ALERT_PERIODS, ALERT_SCOPES } from '../../accounting/alert.ts'
import { OTHERS } from '../../accounting/others.ts'
import { type Checked, right, wrong } from '../fields/checked.ts'
import { block, field, list } from '../fields/field.ts'
import { size } from '../fields/quantity.ts'
import { oneOf, text } from '../fields/scalar.ts'

const SUBJECTS = 'usernames or ids of routers such as [ann, bob]'

/** What each subject of a scope may use in a period, or with `of` only some of them. Alerts go by shares of it. */
export function quota() {
  return block({
    scope: field(oneOf(ALERT_SCOPES)),
    period: field(oneOf(ALERT_PERIODS)),
    limit: field(size),
    of: list(field(subject), SUBJECTS)
      .refine(subjects => subjects.length > 0, `must name one: ${SUBJECTS}; left out: all that have no other`)
      .optional(),
  })
}

export type Quota = z.infer<ReturnType<typeof quota>>

/** A username may be any text, as far as the database can hold it; a router's id is looked for in the end. */
function subject(value: unknown): Checked<string> {
  const checked = text(value)
  if (checked.kind === 'wrong') return checked
  if (checked.value === OTHERS)
    return wrong(`must be a subscriber's name: ${OTHERS} is the row of all names beyond a router's budget`)
  return /[\0\p{Surrogate}]/u.test(checked.value)
    ? wrong('must be text, without characters that no name has: NUL, or half of one')
    : right(checked.value)
}
