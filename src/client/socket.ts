/** What the client needs of a WebSocket: browsers' have it, and `ws` has it in Node. */
export interface FeedSocket {
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void
  send(text: string): void
  close(): void
}

export type FeedSocketConstructor = new (url: string, protocols: string[]) => FeedSocket

/** @throws Error where there is none, as in Node 20 */
export function platformSocket(): FeedSocketConstructor {
  const found: FeedSocketConstructor | undefined = Reflect.get(globalThis, 'WebSocket')
  if (found === undefined) throw new Error('there is no WebSocket here: pass one, such as that of ws')
  return found
}
