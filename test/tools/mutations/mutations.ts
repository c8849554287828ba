/** A change of the source that removes one accounting rule. */
export interface Mutation {
  readonly rule: string
  readonly file: string
  /** Occurs once in the file. */
  readonly from: string
  readonly to: string
}

export const MUTATIONS: readonly Mutation[] = [
  {
    rule: 'a counter that falls is a suspected reset, and the next reading decides',
    file: 'src/accounting/counting/counter-step.ts',
    from: 'shown < mark ? fallen(mark, doubt, shown, judging)',
    to: 'shown < mark ? reset(mark, doubt, shown, judging.sinceMs)',
  },
  {
    rule: 'one identity is one session',
    file: 'src/accounting/matching/match.ts',
    from: 'readonly UniqueRow[] {\n  const unique: UniqueRow[] = []',
    to: 'readonly UniqueRow[] {\n  return rows.map(row => ({ ...row, isDuplicate: false }))\n  const unique: UniqueRow[] = []',
  },
  {
    rule: 'a session that one reading missed continues',
    file: 'src/accounting/turn/endings.ts',
    from: 'else this.#miss(isPassedOn ? withoutDoubts(session) : session)',
    to: "else this.end(session, this.#options.reading.at.wall, 'logout')",
  },
  {
    rule: 'a different router behind the same address',
    file: 'src/accounting/matching/continue-sessions.ts',
    from: 'if (!last.device) return false',
    to: 'return false',
  },
  {
    rule: 'no login earlier than the router’s boot',
    file: 'src/accounting/counting/count.ts',
    from: 'Math.max(at.wall.getTime() - uptimeSeconds * 1_000, this.wallAt(boot.earliestMs).getTime())',
    to: 'at.wall.getTime() - uptimeSeconds * 1_000',
  },
]
