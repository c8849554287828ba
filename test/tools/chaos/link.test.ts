import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listening } from '../../runtime/listening.ts'
import { Link } from './link.ts'

/** Answers each text with the same one in capitals. */
let server: Server
let received = ''
let link: Link
const clients: Socket[] = []

beforeEach(async () => {
  received = ''
  server = createServer(socket =>
    socket
      .on('error', () => {})
      .on('data', data => {
        received += data
        socket.write(String(data).toUpperCase())
      }),
  )
  link = await Link.to(`tcp://127.0.0.1:${await listening(server)}`)
})
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
  link.close()
  server.close()
})

async function client() {
  const socket = connect(Number(new URL(link.through('tcp://x:1')).port), '127.0.0.1')
  clients.push(socket)
  const it = { socket, answered: '', error: undefined as string | undefined }
  socket.on('data', data => {
    it.answered += data
  })
  socket.on('error', error => {
    it.error = (error as NodeJS.ErrnoException).code
  })
  await once(socket, 'connect')
  return it
}

test('a cut to the server holds what is sent, and a cut from it the answer, until it is mended', async () => {
  const one = await client()
  one.socket.write('a')
  await expect.poll(() => one.answered).toBe('A')
  const mends = [link.cut('to'), link.cut('to')]
  one.socket.write('b')
  for (const mend of mends) {
    await sleep(50)
    expect(received).toBe('a')
    mend(false)
  }
  await expect.poll(() => one.answered).toBe('AB')
  const mend = link.cut('from')
  one.socket.write('c')
  await expect.poll(() => received).toBe('abc')
  await sleep(50)
  expect(one.answered).toBe('AB')
  mend(false)
  await expect.poll(() => one.answered).toBe('ABC')
})

test('a connection that is made during a cut has it, too, and a reset ends all of them', async () => {
  const mend = link.cut('from')
  const one = await client()
  one.socket.write('a')
  await expect.poll(() => received).toBe('a')
  await sleep(50)
  expect(one.answered).toBe('')
  mend(true)
  await expect.poll(() => one.error).toBe('ECONNRESET')
  const two = await client()
  two.socket.write('b')
  await expect.poll(() => two.answered).toBe('B')
})
