import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { expect, test } from 'vitest'
import { freePort } from '../../src/postgres/free-port.ts'

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

test('a port is free, chosen once, and none that a server gets who asks for any', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort))
  expect(new Set(ports).size).toBe(50)
  for (const port of ports) {
    expect(port).toBeLessThan(32_768)
    const server = await listen(port)
    server.close()
  }
})

test('a port in use is not chosen', async () => {
  const next = (await freePort()) + 1
  const server = await listen(next)
  expect(await freePort()).not.toBe(next)
  server.close()
})
