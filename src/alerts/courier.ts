import type { Clock } from '../runtime/clock.ts'
import type { Post, PostOutcome } from '../runtime/post/sender.ts'
import type { Delivery } from './delivery.ts'
import { contentFor } from './formats.ts'
import type { Mail } from './mail/mail.ts'
import { messageOf } from './message.ts'
import type { Recipient, Target } from './recipient.ts'
import type { Outcome } from './retry.ts'
import { signedHeaders } from './signature.ts'
import { sentenceOf, wordingOf } from './wording/wording.ts'

export interface CourierOptions {
  readonly sender: { post(post: Post, cut: AbortSignal): Promise<PostOutcome>; close(): void }
  readonly mailer: { send(mail: Mail, cut: AbortSignal): Promise<Outcome>; close(): void }
  readonly clock: Clock
}

/** Makes the message of a delivery and sends it: to a webhook in its format, or by mail. */
export class Courier {
  readonly #options: CourierOptions

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /** Never rejects, except for bugs. `cut` aborts the attempt. */
  send(delivery: Delivery, { recipient, named }: Target, cut: AbortSignal): Promise<Outcome> {
    const { sender, mailer } = this.#options
    switch (recipient.kind) {
      case 'webhook':
        return sender.post(this.#postOf(delivery, recipient, named), cut)
      case 'mail': {
        const { id, event, about } = delivery
        const { alert, tenant } = about
        const wording = wordingOf(event, alert, named)
        return mailer.send({ id, to: recipient.to, wording, rule: alert.rule, tenant }, cut)
      }
      default:
        return recipient satisfies never
    }
  }

  /** Closes the kept connections. */
  close(): void {
    this.#options.sender.close()
    this.#options.mailer.close()
  }

  #postOf(
    { id, event, about }: Delivery,
    { url, secret, format, isPrivateAllowed }: Extract<Recipient, { readonly kind: 'webhook' }>,
    named: Target['named'],
  ): Post {
    const { type, body } =
      format.kind === 'json'
        ? { type: 'application/json', body: messageOf(event, about) }
        : contentFor(format, sentenceOf(wordingOf(event, about.alert, named)))
    const signed = secret && signedHeaders(secret.reveal(), { id, at: this.#options.clock.now(), body })
    const headers = { 'content-type': type, 'webhook-id': id, ...signed }
    return { url: url.reveal(), isPrivateAllowed, headers, body }
  }
}
