import { type Decision, entryOfGrowth } from '../../../src/accounting/entry.ts'

/** The same decision, with its growth as entries. Not valid once the decision was adopted. */
export function growthAsEntries(decision: Decision): Decision {
  const { growth, numbered, ...rest } = decision
  if (!growth) return decision
  const grown = Array.from(growth.numbers.keys(), place => entryOfGrowth(growth, place, decision.at.steadyMs))
  const sessions = new Map(numbered?.sessions)
  for (const [place, { session }] of grown.entries()) sessions.set(growth.numbers[place] ?? 0, session)
  const { by } = growth.columns
  return { ...rest, entries: [...decision.entries, ...grown], numbered: { by, sessions } }
}
