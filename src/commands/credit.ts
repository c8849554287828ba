import { userInfo } from 'node:os'
import type { Logger } from '../runtime/logger.ts'
import { printable } from '../runtime/printable.ts'
import type { DecisionOutcome, EventDecision } from '../store/events/decide-event.ts'
import { decideOnce } from '../store/events/decide-once.ts'
import { DECIDABLE_KINDS } from '../store/events/event-bytes.ts'
import { bytesText } from './usage-format.ts'

export interface CreditCommand {
  /** Of the database. */
  readonly url: string
  readonly decision: EventDecision
  readonly log: Logger
}

/** Nothing was decided; the message says why, and what can be done. */
export class NotDecided extends Error {
  override readonly name = 'NotDecided'
}

/**
 * Decides on an event once and for good.
 * @returns what is so now, in a line
 * @throws NotDecided, StoreError
 */
export async function credit({ url, decision, log }: CreditCommand): Promise<string> {
  const outcome = await decideOnce({ url, log }, decision)
  if (outcome.kind !== 'decided') throw new NotDecided(whyNot(decision.event, outcome))
  return textOf(decision.event, outcome)
}

type Decided = Extract<DecisionOutcome, { kind: 'decided' }>

function textOf(event: string, { tenant, upload, download, credited }: Decided): string {
  const bytes = `${bytesText(upload)} up, ${bytesText(download)} down`
  if (!credited) return `ok: event ${event} is rejected for good: ${bytes} stay out`
  const { username, day } = credited
  return `ok: event ${event} is accepted: ${bytes} added to ${printable(username)} of ${tenant}, on ${day}`
}

function whyNot(event: string, outcome: Exclude<DecisionOutcome, Decided>): string {
  switch (outcome.kind) {
    case 'unknown':
      return `there is no event ${event}: see \`tikmeter events\` for those that are kept`
    case 'already':
      return `event ${event} was ${outcome.decision} by ${printable(outcome.by)} at ${outcome.at.toISOString()}, which stands`
    case 'undecidable':
      return `event ${event} is of kind ${printable(outcome.eventKind)}: only ${DECIDABLE_KINDS.join(', ')} can be decided`
    case 'no_bytes':
      return `event ${event} has no bytes that could be counted`
    case 'no_session':
      return `event ${event} is not of one session: nobody can be given its bytes, and it can only be rejected`
    case 'session_gone':
      return `the session of event ${event} is not in the database, or no longer (retention.sessions): nobody can be given its bytes, and it can only be rejected`
    case 'too_many':
      return `with event ${event} its session would have more than 9007199254740991 bytes, which can not be counted exactly: it can only be rejected`
    default:
      return outcome satisfies never
  }
}

/** Who runs this: through sudo, who asked for it. */
export function operatorOf(env: NodeJS.ProcessEnv): string {
  if (env['SUDO_USER']) return env['SUDO_USER']
  try {
    return userInfo().username
  } catch {
    // The system knows the user by a number alone.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
