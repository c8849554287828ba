import type { ClientMessage, Subscription } from './messages.ts'

/** What is wanted of the feed, whatever the connection, and by how many. */
export class Subscriptions {
  readonly #wanted = new Map<string, { readonly subscription: Subscription; count: number }>()

  /** @returns what to tell the server: nothing where somebody wants it already */
  add(subscription: Subscription): ClientMessage | undefined {
    const known = this.#wanted.get(keyOf(subscription))
    if (known) {
      known.count += 1
      return undefined
    }
    this.#wanted.set(keyOf(subscription), { subscription, count: 1 })
    return messageOf('subscribe', subscription)
  }

  /** @returns what to tell the server: nothing while somebody else still wants it */
  remove(subscription: Subscription): ClientMessage | undefined {
    const known = this.#wanted.get(keyOf(subscription))
    if (!known) return undefined
    known.count -= 1
    if (known.count > 0) return undefined
    this.#wanted.delete(keyOf(subscription))
    return messageOf('unsubscribe', subscription)
  }

  /** All of them, for a connection that has none. */
  messages(): readonly ClientMessage[] {
    return Array.from(this.#wanted.values(), ({ subscription }) => messageOf('subscribe', subscription))
  }
}

/** Topics hold no `/`. */
function keyOf({ topic, tenant }: Subscription): string {
  return tenant === undefined ? topic : `${topic}/${tenant}`
}

function messageOf(type: 'subscribe' | 'unsubscribe', { topic, tenant }: Subscription): ClientMessage {
  return { type, topics: [topic], tenant }
}
