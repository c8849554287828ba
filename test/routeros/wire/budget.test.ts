import { expect, test } from 'vitest'
import { RouterOverloaded } from '../../../src/routeros/errors.ts'
import { RowMemory } from '../../../src/routeros/rows/row-memory.ts'
import { BudgetLoad, budgetOf } from '../../../src/routeros/wire/budget.ts'
import { mostInFlight, RepliesInFlight } from '../../../src/routeros/wire/replies-in-flight.ts'
import { parseSentence } from '../../../src/routeros/wire/sentence.ts'
import { encodeSentence } from '../../../src/routeros/wire/words.ts'
import { conversation } from './dialled.ts'
import { type PeerClient, sentence, tagOf } from './scripted-peer.ts'

const FEW = budgetOf(100)
const HUGE_ROW = `=a=${'x'.repeat(60_000)}`

/** Sends rows without an end, a thousand at a time. */
async function keepSaying(client: PeerClient, words: readonly string[]): Promise<void> {
  const rows = Buffer.concat(Array(1_000).fill(sentence(...words)))
  while (!client.socket.destroyed)
    if (!client.socket.write(rows))
      await Promise.race([client.closed, new Promise(resolve => client.socket.once('drain', resolve))])
}

test.each([
  ['rows', '!re', '=name=ann'],
  ['huge rows', '!re', HUGE_ROW],
  ['errors', '!trap', '=message=no'],
  ['sentences of a new kind', '!new', '=name=ann'],
])('an endless answer of %s ends the connection as overloaded', async (_, ...words) => {
  const { connection, client } = await conversation({ budget: FEW })
  const pending = connection.command('/ppp/active/print')
  const tag = tagOf(await client.next())
  void keepSaying(client, [...words, tag])
  await expect(pending).rejects.toBeInstanceOf(RouterOverloaded)
  await expect(connection.ended).rejects.toMatchObject({
    isOverload: true,
    message: `/ppp/active/print: more than ${FEW.replyBytes} bytes in one answer: raise max_sessions if the router really has so many`,
  })
  await client.closed
})

test.each(['.tag=77', ''])('endless sentences that nobody asked for (%j) end it too', async tag => {
  const { connection, client } = await conversation({ budget: FEW })
  void keepSaying(client, ['!re', tag, '=.id=*A', '=.dead=true'])
  await expect(connection.ended).rejects.toThrow(
    `more than ${FEW.strayBytes} bytes between two readings that no command asked for`,
  )
})

test('endless sentences of a listen end it too, unless menus are read in between', async () => {
  const { connection, client } = await conversation({ budget: FEW })
  const menu = connection.menu('/ppp/active/print', [])
  let heard = 0
  connection.listen('/ppp/active/listen', () => heard++)
  const listening = tagOf(await client.next())
  const reports = Buffer.concat(Array(10_000).fill(sentence('!re', listening, '=.id=*A', '=.dead=true')))
  for (let round = 1; round <= 5; round++) {
    client.write(reports)
    const asked = connection.print(menu)
    client.say('!done', tagOf(await client.next()))
    await asked
    expect(heard).toBe(round * 10_000)
  }
  void keepSaying(client, ['!re', listening, '=.id=*A', '=.dead=true'])
  await expect(connection.ended).rejects.toBeInstanceOf(RouterOverloaded)
})

test('twice as many sessions as max_sessions are read completely', async () => {
  const { connection, client } = await conversation({ budget: budgetOf(2_000) })
  const pending = connection.command('/ip/hotspot/active/print')
  const tag = tagOf(await client.next())
  const row = ['=.id=*1F40', '=server=hotspot1', '=user=subscriber-0042', '=address=10.30.246.13']
  const counters = ['=mac-address=B8:69:F4:B7:52:BB', '=uptime=1w2d3h4m5s', '=bytes-in=123456789012']
  for (let rows = 0; rows < 4_000; rows++) client.say('!re', tag, ...row, ...counters)
  client.say('!done', tag)
  expect((await pending).rows).toHaveLength(4_000)
})

test('the largest of all answers in flight is given up, and other routers are not affected', async () => {
  const replies = new RepliesInFlight(5e6)
  const honest = await conversation({ replies })
  const hostile = await conversation({ replies })
  const read = honest.connection.command('/ppp/active/print')
  const tag = tagOf(await honest.client.next())
  for (let rows = 0; rows < 1_000; rows++) honest.client.say('!re', tag, '=name=ann')
  const endless = hostile.connection.command('/ppp/active/print')
  void keepSaying(hostile.client, ['!re', tagOf(await hostile.client.next()), HUGE_ROW])
  await expect(endless).rejects.toThrow('/ppp/active/print: the largest of all answers in flight')
  honest.client.say('!done', tag)
  expect((await read).rows).toHaveLength(1_000)
  // An answer that was given up does not count any more.
  const again = honest.connection.command('/ppp/active/print')
  const next = tagOf(await honest.client.next())
  for (let rows = 0; rows < 6_000; rows++) honest.client.say('!re', next, '=name=ann')
  honest.client.say('!done', next)
  expect((await again).rows).toHaveLength(6_000)
})

test('answers in flight may take an eighth of the memory, and always 128 MB', () => {
  expect(mostInFlight(16 * 1024 ** 3)).toBe(2 * 1024 ** 3)
  expect(mostInFlight(512 * 1024 ** 2)).toBe(128 * 1024 ** 2)
})

test('rows beyond the bytes that may be remembered are parsed in full each time', () => {
  const rows = ['*A', '*B', '*C'].map(id => ['!re', `=.id=${id}`, '=uptime=1s'].map(it => Buffer.from(it)))
  const memory = new RowMemory(['uptime'], 30)
  const read = () => {
    memory.begin()
    for (const words of rows)
      if (memory.take(encodeSentence(words), 0) < 0) memory.add(words, parseSentence(words).row)
    memory.end()
    return { known: memory.numbers.length, parsed: memory.takeParsed().length }
  }
  expect([read(), read(), read()]).toEqual([
    { known: 0, parsed: 3 },
    { known: 2, parsed: 1 },
    { known: 2, parsed: 1 },
  ])
})

test('the use of the budget that came nearest to its limit is reported once', () => {
  const load = new BudgetLoad({ replyBytes: 1_000, strayBytes: 100, rememberedBytes: 0 })
  for (const bytes of [100, 300, 200]) expect(load.isReplyTooLarge(bytes)).toBe(false)
  expect(load.isTooMuchStray(20)).toBe(false)
  expect(load.take()).toEqual({ usedBytes: 300, mostBytes: 1_000 })
  expect(load.isTooMuchStray(20)).toBe(false)
  expect(load.take()).toEqual({ usedBytes: 40, mostBytes: 100 })
  expect(load.take()).toEqual({ usedBytes: 0, mostBytes: 1_000 })
  load.menuAnswered()
  expect(load.isTooMuchStray(100)).toBe(false)
  expect(load.isTooMuchStray(1)).toBe(true)
  expect(load.isReplyTooLarge(1_001)).toBe(true)
})

test('a connection reports the size of its largest answer', async () => {
  const { connection, client } = await conversation({ budget: FEW })
  const pending = connection.command('/ppp/active/print')
  const tag = tagOf(await client.next())
  for (let row = 0; row < 10; row++) client.say('!re', tag, '=name=ann')
  client.say('!done', tag)
  await pending
  const { usedBytes, mostBytes } = connection.takeBudgetUse()
  expect(mostBytes).toBe(FEW.replyBytes)
  expect(usedBytes).toBeGreaterThan(5_000)
  expect(connection.takeBudgetUse().usedBytes).toBe(0)
})
