/** A port: messages between the daemons. None is kept: who does not listen, or is away, misses it. */
export interface Bus {
  /** Whether messages are sent and received now. */
  readonly isUp: boolean
  /** The largest message, in bytes. */
  readonly mostBytes: number
  /** Sends a message, or drops it while the bus is away. */
  publish(subject: string, message: Uint8Array): void
  /** Listens until the returned function is called, also over outages. */
  subscribe(subject: string, onMessage: OnMessage): () => void
  /** Listens on a subject that nobody else has, to which others can answer. */
  inbox(onMessage: OnMessage): { readonly subject: string; readonly close: () => void }
}

/** @param subject of the message; subscriptions may be to many */
export type OnMessage = (message: Uint8Array, subject: string) => void

const PREFIX = 'tikmeter.v1'

/** The subjects, as the documents list them. A tenant is one word: ids may have dots, and none has a tilde. */
export const SUBJECTS = {
  part: (tenant: string) => `${PREFIX}.part.${word(tenant)}`,
  wholePart: (tenant: string) => `${PREFIX}.whole.${word(tenant)}`,
  anyWholePart: `${PREFIX}.whole.*`,
  sessions: (tenant: string) => `${PREFIX}.sessions.${word(tenant)}`,
  anySessions: `${PREFIX}.sessions.*`,
  alerts: `${PREFIX}.alerts`,
} as const

/** The tenant in a subject. */
export function tenantIn(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1).replaceAll('~', '.')
}

function word(tenant: string): string {
  return tenant.replaceAll('.', '~')
}
