import { userInfo } from 'node:os'
import type { Logger } from '../runtime/logger.ts'
import { printable } from '../runtime/printable.ts'
import type { DecisionOutcome, EventDecision } from '../store/events/decide-event.ts'
import { decideOnce } from '../store/events/decide-once.ts'
import { DECIDABLE_KINDS } from '../store/events/event-bytes.ts'
import type { Installation } from '../store/pg/installation.ts'
import { bytesText } from './usage-format.ts'

export interface CreditCommand extends Installation {
  readonly decision: EventDecision
  readonly log: Logger
}

/** No decision was made; the message says why, and what is possible. */
export class NotDecided extends Error {
  override readonly name = 'NotDecided'
}

/**
 * Decides on an event. The decision is final.
 * @returns one line that describes the outcome
 * @throws NotDecided, StoreError
 */
export async function credit({ url, schema, decision, log }: CreditCommand): Promise<string> {
  const outcome = await decideOnce({ url, schema, log }, decision)
  if (outcome.kind !== 'decided') throw new NotDecided(whyNot(decision.event, outcome))
  return decisionText(decision.event, outcome)
}

type Decided = Extract<DecisionOutcome, { kind: 'decided' }>

function decisionText(event: string, { tenant, upload, download, credited }: Decided): string {
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
      return `event ${event} does not belong to a single session, so its bytes cannot be credited: it can only be rejected`
    case 'session_gone':
      return `the session of event ${event} is not in the database, or no longer (retention.sessions), so its bytes cannot be credited: it can only be rejected`
    case 'too_many':
      return `with event ${event} its session would have more than 9007199254740991 bytes, which cannot be counted exactly: it can only be rejected`
    default:
      return outcome satisfies never
  }
}

/** The user who runs this; through sudo, the one who called it. */
export function operatorOf(env: NodeJS.ProcessEnv): string {
  if (env['SUDO_USER']) return env['SUDO_USER']
  try {
    return userInfo().username
  } catch {
    // The system has no name for the user.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
