import { expect, test } from 'vitest'
import { RouterFatal, RouterTimeout, RouterUnreachable } from '../../../src/routeros/errors.ts'
import { conversation } from './dialled.ts'
import { type PeerClient, sentence, tagOf } from './scripted-peer.ts'

/** The ways in which a connection dies, and the errors of all waiting commands. */
const DEATHS: Readonly<
  Record<string, { die: (client: PeerClient) => unknown; cause: unknown; says: string }>
> = {
  fatal: {
    die: client => client.say('!fatal', 'session', 'terminated'),
    cause: RouterFatal,
    says: 'session terminated',
  },
  fin: { die: client => client.socket.end(), cause: RouterUnreachable, says: 'closed the connection' },
  rst: { die: client => client.socket.resetAndDestroy(), cause: RouterUnreachable, says: 'the router' },
  silence: { die: () => {}, cause: RouterTimeout, says: 'no answer within 100 ms' },
}

for (const [by, { die, cause, says }] of Object.entries(DEATHS))
  for (const isMidReply of [false, true])
    test(`${by} ${isMidReply ? 'in the middle of an answer' : 'before any answer'} rejects all once`, async () => {
      const { connection, client } = await conversation({ timeoutMs: by === 'silence' ? 100 : 20_000 })
      const settled: unknown[] = []
      const commands = ['a', 'b', 'c'].map(name =>
        connection.command(`/${name}/print`).then(
          () => settled.push('answered'),
          (error: unknown) => settled.push(error),
        ),
      )
      const tags = await client.tags(3)
      if (isMidReply) for (const tag of tags) client.say('!re', tag, '=name=ann')
      if (isMidReply && by !== 'fatal') client.write(sentence('!done', tags[0] ?? '').subarray(0, -1))
      die(client)
      await Promise.all(commands)
      expect(settled).toHaveLength(3)
      for (const error of settled) {
        expect(error).toBeInstanceOf(cause)
        expect(error).toMatchObject({ retryable: true, message: expect.stringContaining(says) })
      }
      await expect(connection.ended).rejects.toBe(settled[0])
      await client.closed
      await expect(connection.command('/d/print')).rejects.toBe(settled[0])
    })

test('`ended` rejects when a connection dies between commands', async () => {
  const { connection, client } = await conversation()
  client.socket.end()
  await expect(connection.ended).rejects.toThrow('closed the connection')
})

test('answers that were complete before the end are kept', async () => {
  const { connection, client } = await conversation()
  const commands = [connection.command('/a/print'), connection.command('/b/print')]
  const [first = '', second = ''] = await client.tags(2)
  client.write(
    Buffer.concat([
      sentence('!re', first, '=name=ann'),
      sentence('!done', first),
      sentence('!fatal', 'gone'),
      sentence('!done', second),
    ]),
  )
  const [a, b] = await Promise.allSettled(commands)
  expect(a).toMatchObject({ status: 'fulfilled' })
  expect(b).toMatchObject({ status: 'rejected', reason: expect.any(RouterFatal) })
})

test('a router is called slow if bytes came during the wait; otherwise the link may be broken', async () => {
  const { connection, client } = await conversation({ timeoutMs: 100 })
  const silent = connection.command('/silent/print')
  await expect(silent).rejects.toMatchObject({
    waitedFor: 'answer',
    message: expect.stringMatching(/is slow \(raise timeout\), or the link to it broke$/),
  })
  await client.closed
  const other = await conversation({ timeoutMs: 100 })
  const slow = other.connection.command('/slow/print')
  other.client.say('!re', tagOf(await other.client.next()), '=name=ann')
  await expect(slow).rejects.toMatchObject({
    waitedFor: 'answer',
    message: expect.stringMatching(/is slow: raise timeout$/),
  })
})

test('each command has its own deadline, and one past it ends the connection for all', async () => {
  const { connection, client } = await conversation({ timeoutMs: 400 })
  const late = connection.command('/late/print')
  const [tag = ''] = await client.tags(1)
  const quick = connection.command('/quick/print')
  client.say('!done', tagOf(await client.next()))
  await quick
  await expect(late).rejects.toThrow('/late/print: no answer within 400 ms')
  // Too late: the connection has ended.
  client.say('!re', tag, '=name=ann')
  client.say('!done', tag)
  await client.closed
})

test('a deadline that was met ends nothing', async () => {
  const { connection, client } = await conversation({ timeoutMs: 100 })
  const first = connection.command('/first/print')
  client.say('!done', tagOf(await client.next()))
  await first
  // The first one's deadline would come before this one's.
  await expect(connection.command('/second/print')).rejects.toThrow('/second/print: no answer')
})

test('a close by us rejects pending and later commands, and the router sees it', async () => {
  const { connection, client } = await conversation()
  const pending = connection.command('/ppp/active/print')
  await client.next()
  connection.close()
  await expect(pending).rejects.toThrow('closed by us')
  await expect(connection.command('/ppp/active/print')).rejects.toThrow('closed by us')
  await client.closed
})
