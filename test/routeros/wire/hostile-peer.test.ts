import { expect, test } from 'vitest'
import { RouterGarbled, RouterTimeout } from '../../../src/routeros/errors.ts'
import { seededRandom, wholeBelow } from '../../harness/fleet/random.ts'
import { conversation, failureOf, PATIENT_MS } from './dialled.ts'
import { type PeerClient, sentence, startPeer, tagOf } from './scripted-peer.ts'

/** What may answer at a port that should be the API. */
const STRANGERS: Readonly<Record<string, (client: PeerClient) => void>> = {
  'a web server': client =>
    client.socket.once('data', () =>
      client.write('HTTP/1.1 400 Bad Request\r\nConnection: keep-alive\r\n\r\n'),
    ),
  'an SSH server': client => client.write('SSH-2.0-ROSSSH\r\n'),
  'a mail server': client => client.write('220 mail ESMTP\r\n'),
  'a server that sends reserved bytes': client => client.write(Buffer.of(0xff, 0xff, 0xff)),
  'a server that sends zeros': client => client.write(Buffer.alloc(1_000)),
  'a server that answers without a question': client => client.say('!done', '=x=1', '.tag=1'),
}

for (const [who, speak] of Object.entries(STRANGERS))
  test(`${who} is not taken for a router, at once or at the deadline`, async () => {
    const peer = await startPeer(speak)
    const isWaited = who === 'a server that answers without a question'
    const failure = await failureOf(peer, {}, isWaited ? 100 : PATIENT_MS)
    expect(failure).toBeInstanceOf(isWaited ? RouterTimeout : RouterGarbled)
    await peer.clients[0]?.closed
  })

test('a stranger is not taken for a router, even if its bytes come one by one', async () => {
  const peer = await startPeer(async client => {
    for (const byte of Buffer.from('HTTP/1.1')) {
      client.write(Buffer.of(byte))
      await new Promise(resolve => setImmediate(resolve))
    }
  })
  expect(await failureOf(peer)).toBeInstanceOf(RouterGarbled)
})

test('a sentence that is not a reply ends the connection', async () => {
  const { connection, client } = await conversation()
  const pending = connection.command('/system/identity/print')
  const tag = tagOf(await client.next())
  client.say('re', tag, '=name=forged')
  await expect(pending).rejects.toThrow('not a reply of the API: "re"')
  await expect(connection.ended).rejects.toBeInstanceOf(RouterGarbled)
})

const ENDLESS: Readonly<Record<string, () => Buffer>> = {
  'a sentence': () => sentence('!re', `=a=${'x'.repeat(1_000)}`).subarray(0, -1),
  'a word': () => Buffer.alloc(64_000, 0xe1),
}

for (const [what, next] of Object.entries(ENDLESS))
  for (const isAsked of [true, false])
    test(`${what} without an end is cut off, ${isAsked ? 'in an answer' : 'on an idle connection'}`, async () => {
      const { connection, client } = await conversation()
      const pending = isAsked ? connection.command('/ppp/active/print') : connection.ended
      if (isAsked) await client.next()
      void keepWriting(client, next)
      await expect(pending).rejects.toBeInstanceOf(RouterGarbled)
      await client.closed
    })

test('rows that nobody asked for are not kept, and do no harm', async () => {
  const { connection, client } = await conversation()
  for (let i = 0; i < 10_000; i++) client.say('!re', '.tag=99', '=a=b')
  const pending = connection.command('/system/identity/print')
  const tag = tagOf(await client.next())
  client.say('!done', tag)
  expect((await pending).rows).toEqual([])
})

test('random bytes in the middle of an answer never cause a crash, a hang, or an answer', async () => {
  const random = seededRandom(7)
  for (let round = 0; round < 100; round++) {
    const { connection, client } = await conversation()
    const pending = connection.command('/system/identity/print')
    const tag = tagOf(await client.next())
    client.say('!re', tag, '=name=router')
    client.write(
      Buffer.from(Array.from({ length: 1 + wholeBelow(random, 200) }, () => wholeBelow(random, 256))),
    )
    client.socket.end()
    await expect(pending).rejects.toMatchObject({ retryable: true })
  }
})

async function keepWriting(client: PeerClient, next: () => Buffer): Promise<void> {
  while (!client.socket.destroyed)
    if (!client.socket.write(next()))
      await Promise.race([client.closed, new Promise(resolve => client.socket.once('drain', resolve))])
}
