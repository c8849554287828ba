import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'

/** Whoever takes nothing for so long is cut off. */
const STALLED_MS = 60_000

/**
 * Sends chunks as fast as they are taken, and ends the response.
 * @throws what `chunks` throw; then, and where the client goes, nobody takes what was sent for a whole answer
 */
export async function pour(
  chunks: AsyncIterable<string>,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  response.setTimeout(STALLED_MS, () => response.destroy())
  try {
    for await (const chunk of chunks) if (!response.write(chunk)) await once(response, 'drain', { signal })
    response.end()
  } catch (error) {
    breakOff(response)
    throw error
  }
}

/** Ends an answer that is not whole. By a reset: to a reader that knows no chunks (HTTP/1.0) an orderly end is the end of the answer. TLS tells by itself. */
export function breakOff(response: ServerResponse): void {
  const { socket } = response
  if (socket === null || socket instanceof TLSSocket) response.destroy()
  else socket.resetAndDestroy()
}
