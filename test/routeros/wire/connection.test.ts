import { once } from 'node:events'
import { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { RouterTrap } from '../../../src/routeros/errors.ts'
import { RouterConnection } from '../../../src/routeros/wire/connection.ts'
import { Line } from '../../../src/routeros/wire/line.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { conversation, PATIENT_MS, roomy } from './dialled.ts'
import { sentence, startPeer, tagOf } from './scripted-peer.ts'

test('an answer has its rows by name, and the properties of done', async () => {
  const { connection, client } = await conversation()
  const pending = connection.command('/ppp/active/print', '=.proplist=name', '?name=ann')
  const asked = await client.next()
  const tag = tagOf(asked)
  client.say('!re', tag, '=name=ann')
  client.say('!re', '=name=bob', tag)
  client.say('!done', tag, '=ret=2')
  expect(asked).toEqual(['/ppp/active/print', '=.proplist=name', '?name=ann', tag])
  const { rows, done } = await pending
  expect(rows.map(row => row.get('name'))).toEqual(['ann', 'bob'])
  expect(done.get('ret')).toBe('2')
})

test('an answer has the times at which it was asked for and complete', async () => {
  const clock = new HandClock('2026-11-24T12:00:00Z')
  const { connection, client } = await conversation({ clock })
  const pending = connection.command('/ppp/active/print')
  const tag = tagOf(await client.next())
  const askedMs = clock.steadyMs()
  await clock.turn(700)
  client.say('!done', tag)
  expect(await pending).toMatchObject({ askedMs, answeredMs: askedMs + 700 })
})

test('only done ends a command; empty, an unknown word and a row without words do not', async () => {
  const { connection, client } = await conversation()
  const pending = connection.command('/ppp/active/print')
  const tag = tagOf(await client.next())
  for (const word of ['!empty', '!re', '!weird', '!']) client.say(word, tag)
  client.say('!re', tag, '=name=ann')
  client.say('!done', tag)
  expect((await pending).rows).toHaveLength(1)
})

test('replies with another tag, or without a tag, are ignored', async () => {
  const { connection, client } = await conversation()
  const pending = connection.command('/ppp/active/print')
  const tag = tagOf(await client.next())
  for (const stranger of ['.tag=nobody', '']) {
    client.say('!re', stranger, '=name=eve')
    client.say('!trap', stranger, '=message=not yours')
    client.say('!done', stranger)
  }
  client.say('!done', tag)
  expect((await pending).rows).toEqual([])
})

test('interleaved answers each get their own rows', async () => {
  const { connection, client } = await conversation()
  const commands = ['a', 'b', 'c'].map(name => connection.command(`/${name}/print`))
  const tags = await client.tags(3)
  for (let row = 0; row < 5; row++)
    for (const [i, tag] of tags.entries()) client.say('!re', tag, `=n=${i}${row}`)
  for (const tag of [...tags].reverse()) client.say('!done', tag)
  const answers = await Promise.all(commands)
  for (const [i, { rows }] of answers.entries())
    expect(rows.map(row => row.get('n'))).toEqual([0, 1, 2, 3, 4].map(row => `${i}${row}`))
})

class CountingSocket extends Socket {
  writes = 0

  override _write(chunk: Uint8Array, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.writes++
    super._write(chunk, encoding, done)
  }

  override _writev(
    chunks: { chunk: Uint8Array; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    this.writes++
    super._writev?.(chunks, done)
  }
}

test('the commands of one turn go out in one write', async () => {
  const peer = await startPeer()
  const coming = peer.next()
  const socket = new CountingSocket()
  onTestFinished(() => {
    socket.destroy()
  })
  await once(socket.connect(peer.port, peer.host), 'connect')
  const clock = new HandClock('2026-11-24T12:00:00Z')
  const connection = new RouterConnection(new Line(socket), { clock, timeoutMs: PATIENT_MS, ...roomy() })
  const commands = ['a', 'b', 'c', 'd', 'e'].map(name => connection.command(`/${name}/print`))
  const client = await coming
  expect(await client.tags(5)).toEqual(['.tag=1', '.tag=2', '.tag=3', '.tag=4', '.tag=5'])
  expect(socket.writes).toBe(1)
  connection.close()
  await Promise.allSettled(commands)
})

test('a command is sent in UTF-8, and no word of it can be mistaken for another', async () => {
  const { connection, client } = await conversation()
  const pending = connection.command('/ppp/secret/print', '?name=сергей\0', `?comment=${'я'.repeat(200)}`)
  const words = await client.next()
  client.say('!done', tagOf(words))
  await pending
  expect(words.map(word => Buffer.from(word, 'latin1').toString()).slice(1, 3)).toEqual([
    '?name=сергей\0',
    `?comment=${'я'.repeat(200)}`,
  ])
})

test('several traps and a done are one refusal, with all messages and the category', async () => {
  const { connection, client } = await conversation()
  const pending = connection.command('/ppp/active/print')
  const tag = tagOf(await client.next())
  client.say('!trap', tag, '=category=4', '=message=failure: first')
  client.say('!trap', tag, '=message=second')
  client.say('!trap', tag)
  client.say('!done', tag)
  const refusal = await pending.catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(RouterTrap)
  expect(refusal).toMatchObject({
    command: '/ppp/active/print',
    category: 4,
    messages: ['failure: first', 'second', 'refused without a message'],
    retryable: true,
  })
})

test('a trap does not end the command, whose rows are no answer then', async () => {
  const { connection, client } = await conversation()
  const settled: string[] = []
  const first = connection.command('/a/print').catch(() => settled.push('refused'))
  const second = connection.command('/b/print').then(() => settled.push('answered'))
  const [tag = '', other = ''] = await client.tags(2)
  client.say('!re', tag, '=name=ann')
  client.say('!trap', tag, '=category=2', '=message=interrupted')
  client.say('!done', other)
  await second
  expect(settled).toEqual(['answered'])
  client.say('!done', tag)
  await first
  expect(settled).toEqual(['answered', 'refused'])
})

const TRAPS = [
  ['no such command prefix', { isMissingMenu: true, isMissingRight: false, retryable: false }],
  [
    'no such command or directory (hotspot), no such command prefix',
    { isMissingMenu: true, isMissingRight: false, retryable: false },
  ],
  ['not enough permissions (9)', { isMissingMenu: false, isMissingRight: true, retryable: false }],
  ['action timed out - try again, if error continues contact MikroTik support', { retryable: true }],
] as const

for (const [message, is] of TRAPS)
  test(`"${message}" is ${is.retryable ? '' : 'not '}worth another attempt`, async () => {
    const { connection, client } = await conversation()
    const pending = connection.command('/ip/hotspot/active/print')
    const tag = tagOf(await client.next())
    client.say('!trap', tag, `=message=${message}`)
    client.say('!done', tag)
    await expect(pending).rejects.toMatchObject(is)
    const again = connection.command('/system/identity/print')
    client.say('!done', tagOf(await client.next()))
    expect((await again).rows).toEqual([])
  })

test('a slow reply that is complete before its deadline is an answer', async () => {
  const { connection, client } = await conversation()
  const pending = connection.command('/ppp/active/print')
  const tag = tagOf(await client.next())
  const reply = Buffer.concat([sentence('!re', tag, '=name=ann'), sentence('!done', tag)])
  for (const byte of reply) {
    client.write(Buffer.of(byte))
    await new Promise(resolve => setImmediate(resolve))
  }
  expect((await pending).rows).toHaveLength(1)
})

test('a second done for one command is ignored', async () => {
  const { connection, client } = await conversation()
  const first = connection.command('/a/print')
  const tag = tagOf(await client.next())
  for (let i = 0; i < 3; i++) client.say('!done', tag)
  await first
  const second = connection.command('/b/print')
  client.say('!re', tag, '=name=of the first')
  const next = tagOf(await client.next())
  client.say('!done', next)
  expect((await second).rows).toEqual([])
  expect(next).not.toBe(tag)
})
