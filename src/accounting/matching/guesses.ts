import { isNothing, NO_BYTES } from '../bytes.ts'
import type { SessionId } from '../ids.ts'
import { guessedInterface, type SessionReading } from '../reading.ts'
import type { Session } from '../session.ts'
import { exchanged } from './exchanged.ts'
import { hasFallen, type Taken } from './match.ts'
import type { Paired } from './pair.ts'

/**
 * Corrects PPP sessions that were joined to an interface by a guess, when another session proves to be on it: what was
 * counted for the first belongs to the second, which counts on from there.
 */
export class Guesses {
  readonly #heirs = new Map<Taken, Session>()
  readonly #corrected = new Map<SessionId, Session>()

  constructor(paired: Paired) {
    this.#inheritProven(paired)
    for (const session of exchanged(paired))
      if (!this.#corrected.has(session.id)) this.#corrected.set(session.id, session)
  }

  #inheritProven({ rows, matched, waiting, lastMs }: Paired): void {
    const proven = rows.filter(({ it: { row } }) => row.joined?.isGuess === false && row.counters)
    if (proven.length === 0 || lastMs === undefined) return
    const guessed = new Map<string, Session>()
    for (const sessions of [matched.values(), ...waiting.values()])
      for (const session of sessions) if (session.guessed !== undefined) guessed.set(session.guessed, session)
    for (const taken of guessed.size > 0 ? proven : []) {
      const { row } = taken.it
      const wrong = row.joined && guessed.get(guessedInterface(row.joined))
      const own = matched.get(taken)
      if (!wrong || wrong === own || own?.mark.kind === 'counted' || !isHeir(row, wrong, lastMs)) continue
      this.#heirs.set(taken, wrong)
      this.#corrected.set(wrong.id, withoutBytes(wrong))
    }
  }

  /** The session whose bytes belong to this row's, if any. */
  inheritedBy(taken: Taken): Session | undefined {
    return this.#heirs.get(taken)
  }

  /** The session without the bytes that were another's, counted up to where its own interface was counted. */
  corrected(session: Session): Session {
    return this.#corrected.get(session.id) ?? session
  }
}

/**
 * Whether the interface existed when the other's bytes were counted on it, and continues those counters. An `.id` is of
 * one interface. A name alone is not, so the login decides: it must not be later than the reading.
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
