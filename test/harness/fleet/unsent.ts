import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 500

/**
 * Resolves when the peer's kernel has all bytes that were written to the socket, or has not taken them for so long that
 * it will not.
 *
 * An RST discards what our kernel still holds because the peer's receive window is full, although `write` has called
 * back long before; what the peer's kernel has taken, the peer can still read. On Linux `/proc/net/tcp` shows how much
 * is held. Other systems do not show it, so a few turns of the event loop must suffice.
 */
export async function delivered(socket: Socket): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline && !socket.destroyed) {
    if ((await unacknowledged(socket)) === 0) return
    await sleep(1)
  }
}

async function unacknowledged(socket: Socket): Promise<number> {
  const { localPort, remotePort, remoteFamily } = socket
  if (localPort === undefined || remotePort === undefined) return 0
  const ports = [hexPort(localPort), hexPort(remotePort)]
  let table: string
  try {
    table = await readFile(remoteFamily === 'IPv6' ? '/proc/net/tcp6' : '/proc/net/tcp', 'latin1')
  } catch {
    await sleep(1)
    return 0
  }
  for (const line of table.split('\n')) {
    const [, local = '', remote = '', , queues = ''] = line.trim().split(/\s+/)
    if (local.endsWith(`:${ports[0]}`) && remote.endsWith(`:${ports[1]}`)) return Number.parseInt(queues, 16)
  }
  return 0
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}
