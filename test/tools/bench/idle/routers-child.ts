import { createServer, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { serverIdentity } from '../../../harness/fleet/certificate.ts'
import { answerParent } from '../child.ts'
import type { Ports } from './idle-messages.ts'
import { respondAsIdleRouter } from './raw-responder.ts'

/** The process of the routers: all on one port, and on another with TLS. */

const BACKLOG = 4_096

answerParent(async (): Promise<Ports> => {
  const plain = createServer(respondAsIdleRouter)
  const tls = createTlsServer(serverIdentity(), respondAsIdleRouter)
  tls.on('tlsClientError', () => {})
  return { plain: await listen(plain), tls: await listen(tls) }
})

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', BACKLOG, resolve))
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
