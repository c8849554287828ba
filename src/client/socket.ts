/** The part of WebSocket that the client uses, as in browsers and in `ws`. */
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

/** @throws Error if the platform has none, as in Node 20 */
export function platformSocket(): FeedSocketConstructor {
  const found: FeedSocketConstructor | undefined = Reflect.get(globalThis, 'WebSocket')
  if (found === undefined) throw new Error('this platform has no WebSocket: pass one, such as that of ws')
  return found
}
