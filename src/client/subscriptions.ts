import type { ClientMessage, Subscription } from './messages.ts'

/** All subscriptions, independent of the connection, with the number of their subscribers. */
export class Subscriptions {
  readonly #wanted = new Map<string, { readonly subscription: Subscription; count: number }>()

  /** @returns the message for the server; `undefined` if somebody has subscribed already */
  add(subscription: Subscription): ClientMessage | undefined {
    const known = this.#wanted.get(subscriptionKey(subscription))
    if (known) {
      known.count += 1
      return undefined
    }
    this.#wanted.set(subscriptionKey(subscription), { subscription, count: 1 })
    return requestFor('subscribe', subscription)
  }

  /** @returns the message for the server; `undefined` while somebody else is still subscribed */
  remove(subscription: Subscription): ClientMessage | undefined {
    const known = this.#wanted.get(subscriptionKey(subscription))
    if (!known) return undefined
    known.count -= 1
    if (known.count > 0) return undefined
    this.#wanted.delete(subscriptionKey(subscription))
    return requestFor('unsubscribe', subscription)
  }

  /** Messages for all subscriptions, for a new connection. */
  messages(): readonly ClientMessage[] {
    return Array.from(this.#wanted.values(), ({ subscription }) => requestFor('subscribe', subscription))
  }
}

/** Topics contain no `/`. */
function subscriptionKey({ topic, tenant }: Subscription): string {
  return tenant === undefined ? topic : `${topic}/${tenant}`
}

function requestFor(type: 'subscribe' | 'unsubscribe', { topic, tenant }: Subscription): ClientMessage {
  return { type, topics: [topic], tenant }
}
