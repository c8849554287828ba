import { createServer } from 'node:net'

/** A loopback port that nobody listens on; whoever wants it had better be quick. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address && typeof address === 'object') resolve(address.port)
        else reject(new Error('no address'))
      })
    })
  })
}
