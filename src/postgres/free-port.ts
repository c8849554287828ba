import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Ports that nobody gets who asks for any: Linux takes those of connections, and of servers that listen at port 0, from
 * 32768 on (net.ipv4.ip_local_port_range), others from 49152 on (RFC 6335, section 6).
 */
const LOWEST = 20_000
const HIGHEST = 32_767
const TRIES = 100

/** The last port that this process chose. It goes on from there, so that it does not choose one twice. */
let last = randomInt(LOWEST, HIGHEST + 1)

/**
 * A loopback port that is free now, and that another process takes meanwhile only if it asks for this very one.
 * @throws Error (`EADDRINUSE`) if a hundred ports are in use
 */
export async function freePort(): Promise<number> {
  for (let tries = 1; ; tries++) {
    last = last === HIGHEST ? LOWEST : last + 1
    const port = last
    try {
      await listenOnce(port)
      return port
    } catch (error) {
      if (tries === TRIES) throw error
    }
  }
}

async function listenOnce(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}
