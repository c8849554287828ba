import type { MailComposerOptions } from 'nodemailer/lib/mail-composer'
import type { Wording } from '../wording/wording.ts'
import { sentenceOf } from '../wording/wording.ts'
import { textOf } from '../wording/words.ts'

/** An alert for people who read mail. */
export interface Mail {
  /** The delivery's, the same for each attempt. */
  readonly id: string
  readonly to: readonly string[]
  readonly wording: Wording
  readonly rule: string
  readonly tenant: string
}

/**
 * The parts of a mail. Its Message-ID is made of the delivery's id, so that mail servers and readers recognise one that
 * is sent again because its first answer was lost.
 * @param from an address
 */
export function partsOf(
  { id, to, wording, rule, tenant }: Mail,
  from: string,
  at: Date,
): MailComposerOptions {
  const domain = from.slice(from.lastIndexOf('@') + 1)
  return {
    from: { name: 'tikmeter', address: from },
    to: to.map(address => ({ name: '', address })),
    subject: textOf(wording.headline),
    messageId: `<${id.replaceAll(/[^\w.-]/g, '-')}@${domain}>`,
    date: at,
    // No holiday replies, from Exchange neither.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    text: `${textOf(sentenceOf(wording))}\n\nTenant: ${tenant}\nAlert: ${rule}\n`,
    textEncoding: 'quoted-printable',
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}
