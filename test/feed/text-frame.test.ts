import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { textFrame } from '../../src/feed/text-frame.ts'

let server: WebSocketServer | undefined

afterEach(() => new Promise<void>(resolve => (server ? server.close(() => resolve()) : resolve())))

/** The message that a real client reads from the bytes. */
async function received(frame: Buffer): Promise<{ text: string; isBinary: boolean }> {
  const listening = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server = listening
  listening.on('connection', (_, { socket }) => socket.write(frame))
  await new Promise(resolve => listening.once('listening', resolve))
  const address: AddressInfo | string | null = listening.address()
  if (typeof address !== 'object' || address === null) throw new Error('not listening')
  const client = new WebSocket(`ws://127.0.0.1:${address.port}`)
  try {
    return await new Promise((resolve, reject) => {
      client.once('message', (data, isBinary) => resolve({ text: data.toString(), isBinary }))
      client.once('error', reject)
    })
  } finally {
    client.terminate()
  }
}

test.each([1, 125, 126, 65_535, 65_536, 200_000])(
  'a message of %i bytes is one whole frame',
  async length => {
    const text = 'x'.repeat(length)
    expect(await received(textFrame(text))).toEqual({ text, isBinary: false })
  },
)

test('the length of a name counts its bytes, in any script', async () => {
  const text = JSON.stringify({ name: 'Мукачево 🗼' })
  expect(await received(textFrame(text))).toEqual({ text, isBinary: false })
})
