import { errorCodeOf } from '../../runtime/error-code.ts'
import { whyUnanswered } from '../../runtime/post/unanswered.ts'
import type { Outcome } from '../retry.ts'

/** A text field or number of an error; nodemailer adds several. */
function fieldOf(error: unknown, field: string): unknown {
  return error instanceof Error ? Reflect.get(error, field) : undefined
}

/**
 * Says why a mail was not sent, from codes only: what a server answers may name the mailboxes and the login.
 *
 *     the message itself is refused for good    given up
 *     the login, the sender or all recipients   retried like everything else, because an operator can repair them
 */
export function whyNotSent(error: unknown): Outcome {
  const code = errorCodeOf(error)
  const status = fieldOf(error, 'responseCode')
  if (code === 'EMESSAGE' && fieldOf(error, 'permanent') === true)
    return { kind: 'refused', error: `message refused (SMTP ${status})` }
  return { kind: 'unanswered', error: reasonOf(error, code, status) }
}

function reasonOf(error: unknown, code: string | undefined, status: unknown): string {
  const command = String(fieldOf(error, 'command') ?? '')
  const answer = typeof status === 'number' && status > 0 ? ` (SMTP ${status})` : ''
  if (code === 'EAUTH' || code === 'ENOAUTH')
    return `login refused${answer}: check smtp.user and smtp.password`
  if (command === 'STARTTLS')
    return `the mail server does not offer TLS${answer}: check smtp.port and smtp.tls`
  if (command === 'MAIL FROM') return `sender refused${answer}: check smtp.from`
  if (command === 'RCPT TO') return `all recipients refused${answer}`
  if (answer !== '') return `refused${answer}`
  if (code === 'EDNS') return 'host unknown'
  const cause = fieldOf(error, 'originalCode')
  const known = typeof cause === 'string' ? cause : code
  if (known === undefined || known === 'ECONNECTION' || known === 'EPROTOCOL' || known === 'ESOCKET')
    return 'connection closed without an answer'
  return whyUnanswered(Object.assign(new Error('a mail was not sent'), { code: known }))
}
