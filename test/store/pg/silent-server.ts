import { createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Starts a server that never answers, like a database behind a broken network. @returns its URL */
export async function silentServer(): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.resume()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on a port')
  return `postgres://nobody@127.0.0.1:${address.port}/nothing`
}
