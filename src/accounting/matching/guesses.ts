import { isNothing, NO_BYTES } from '../bytes.ts'
import type { SessionId } from '../ids.ts'
import { guessedInterface, type SessionReading } from '../reading.ts'
import type { Session } from '../session.ts'
import { exchanged } from './exchanged.ts'
import { hasFallen, type UniqueRow } from './match.ts'
import type { Pairing } from './pair.ts'

/**
 * Corrects PPP sessions that were joined to an interface by a guess, when another session proves to be on it
 * (docs/accounting.md rule 29): what was counted for the first belongs to the second, which continues from there.
 */
export class Guesses {
  readonly #heirs = new Map<UniqueRow, Session>()
  readonly #corrected = new Map<SessionId, Session>()

  constructor(pairing: Pairing) {
    this.#inheritProven(pairing)
    for (const session of exchanged(pairing))
      if (!this.#corrected.has(session.id)) this.#corrected.set(session.id, session)
  }

  #inheritProven({ rows, matched, waiting, lastMs }: Pairing): void {
    const proven = rows.filter(({ row }) => row.joined?.isGuess === false && row.counters)
    if (proven.length === 0 || lastMs === undefined) return
    const guessed = new Map<string, Session>()
    for (const sessions of [matched.values(), ...waiting.values()])
      for (const session of sessions) if (session.guessed !== undefined) guessed.set(session.guessed, session)
    for (const unique of guessed.size > 0 ? proven : []) {
      const { row } = unique
      const wrong = row.joined && guessed.get(guessedInterface(row.joined))
      const own = matched.get(unique)
      if (!wrong || wrong === own || own?.mark.kind === 'counted' || !isHeir(row, wrong, lastMs)) continue
      this.#heirs.set(unique, wrong)
      this.#corrected.set(wrong.id, withoutBytes(wrong))
    }
  }

  /** The session whose bytes belong to the session of this row, if any. */
  inheritedBy(unique: UniqueRow): Session | undefined {
    return this.#heirs.get(unique)
  }

  /** The session without the bytes of another, with the mark of its own interface. */
  corrected(session: Session): Session {
    return this.#corrected.get(session.id) ?? session
  }
}

/**
 * Whether the interface existed when the other's bytes were counted on it, and continues those counters. An `.id`
 * belongs to one interface. A name alone does not, so the login decides: it must not be later than the reading.
 */
function isHeir(row: SessionReading, wrong: Session, lastMs: number): boolean {
  const isSameInterface = row.joined?.interfaceId !== undefined || row.login.earliestMs <= lastMs
  return (
    !isNothing(wrong.recorded) && wrong.mark.kind === 'counted' && isSameInterface && !hasFallen(wrong, row)
  )
}

function withoutBytes(session: Session): Session {
  const mark = { kind: 'owed', from: 'login', sinceMs: undefined, shown: undefined } as const
  return { ...session, mark, recorded: NO_BYTES, guessed: undefined }
}
