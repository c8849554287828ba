import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import type { RouterOSAPI } from 'node-routeros'

/** What is relied on of node-routeros 1.6.9 beyond its public face; the version is pinned for it. */
export interface Internals {
  readonly connector: Connector
  readonly socket: Socket
  readonly receiver: Receiver
  readonly transmitter: Transmitter
}

export interface Connector extends EventEmitter {
  destroy(): void
}

export interface Receiver {
  processRawData(chunk: Buffer): void
  readonly tags: ReadonlyMap<string, { callback(words: string[]): void }>
}

export interface Transmitter {
  /** Sends a word; `null` is the one that closes a sentence. */
  write(word: string | null): void
}

/**
 * The parts of an instance whose `connect()` was just called, which makes them at once.
 * @throws Error where another version of the library is installed
 */
export function internalsOf(api: RouterOSAPI): Internals {
  const connector: unknown = Reflect.get(api, 'connector')
  if (isConnector(connector)) {
    const { socket, receiver, transmitter } = connector
    if (socket instanceof Socket && isReceiver(receiver) && isTransmitter(transmitter))
      return { connector, socket, receiver, transmitter }
  }
  throw new Error('node-routeros is not the release this was built on: install 1.6.9')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isConnector(value: unknown): value is Connector & Record<string, unknown> {
  return value instanceof EventEmitter && 'destroy' in value && typeof value.destroy === 'function'
}

function isReceiver(value: unknown): value is Receiver {
  return isObject(value) && typeof value['processRawData'] === 'function' && value['tags'] instanceof Map
}

function isTransmitter(value: unknown): value is Transmitter {
  return isObject(value) && typeof value['write'] === 'function'
}
