import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import type { RouterOSAPI } from 'node-routeros'

/** The private parts of node-routeros 1.6.9 that we use. The version is pinned because of them. */
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
  /** Sends a word; `null` closes a sentence. */
  write(word: string | null): void
}

/**
 * Finds the private parts of an instance. Its `connect()`, which makes them, must have been called.
 * @throws Error if another version of the library is installed
 */
export function internalsOf(api: RouterOSAPI): Internals {
  const connector: unknown = Reflect.get(api, 'connector')
  if (isConnector(connector)) {
    const { socket, receiver, transmitter } = connector
    if (socket instanceof Socket && isReceiver(receiver) && isTransmitter(transmitter))
      return { connector, socket, receiver, transmitter }
  }
  throw new Error('unexpected version of node-routeros: install 1.6.9')
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
