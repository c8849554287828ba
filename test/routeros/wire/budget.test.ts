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

/** A thousand rows a time. */
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
])('an answer of %s without an end rests the router', async (_, ...words) => {
  const { connection, client } = await conversation({ budget: FEW })
  const pending = connection.command('/ppp/active/print')
  const tag = tagOf(await client.next())
  void keepSaying(client, [...words, tag])
  await expect(pending).rejects.toBeInstanceOf(RouterOverloaded)
  await expect(connection.ended).rejects.toMatchObject({
    isOverload: true,
    message: `/ppp/active/print: more than ${FEW.replyBytes} bytes in one answer: raise max_sessions if the router does have so many`,
  })
  await client.closed
})

test.each(['.tag=77', ''])('so do sentences without an end that nobody asked for (%j)', async tag => {
  const { connection, client } = await conversation({ budget: FEW })
  void keepSaying(client, ['!re', tag, '=.id=*A', '=.dead=true'])
  await expect(connection.ended).rejects.toThrow(
    `more than ${FEW.strayBytes} bytes between two readings that no command asked for`,
  )
})

test('and what is told to a listen, unless menus are read between', async () => {
  const { connection, client } = await conversation({ budget: FEW })
  const menu = connection.menu('/ppp/active/print', [])
  let heard = 0
  connection.listen('/ppp/active/listen', () => heard++)
  const listening = tagOf(await client.next())
  const told = Buffer.concat(Array(10_000).fill(sentence('!re', listening, '=.id=*A', '=.dead=true')))
  for (let round = 1; round <= 5; round++) {
    client.write(told)
    const asked = connection.print(menu)
    client.say('!done', tagOf(await client.next()))
    await asked
    expect(heard).toBe(round * 10_000)
  }
  void keepSaying(client, ['!re', listening, '=.id=*A', '=.dead=true'])
  await expect(connection.ended).rejects.toBeInstanceOf(RouterOverloaded)
})

test('twice as many sessions as are allowed for are read whole', async () => {
  const { connection, client } = await conversation({ budget: budgetOf(2_000) })
  const pending = connection.command('/ip/hotspot/active/print')
  const tag = tagOf(await client.next())
  const row = ['=.id=*1F40', '=server=hotspot1', '=user=subscriber-0042', '=address=10.30.246.13']
  const counters = ['=mac-address=B8:69:F4:B7:52:BB', '=uptime=1w2d3h4m5s', '=bytes-in=123456789012']
  for (let rows = 0; rows < 4_000; rows++) client.say('!re', tag, ...row, ...counters)
  client.say('!done', tag)
  expect((await pending).rows).toHaveLength(4_000)
})

test('of all answers in flight the largest is given up, and no other router is', async () => {
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
  // What was given up is no longer in the way of others.
  const again = honest.connection.command('/ppp/active/print')
  const next = tagOf(await honest.client.next())
  for (let rows = 0; rows < 6_000; rows++) honest.client.say('!re', next, '=name=ann')
  honest.client.say('!done', next)
  expect((await again).rows).toHaveLength(6_000)
})

test('an eighth of the memory is for answers in flight, and never less than 128 MB', () => {
  expect(mostInFlight(16 * 1024 ** 3)).toBe(2 * 1024 ** 3)
  expect(mostInFlight(512 * 1024 ** 2)).toBe(128 * 1024 ** 2)
})

test('rows beyond the bytes that may be remembered are told whole each time', () => {
  const rows = ['*A', '*B', '*C'].map(id => ['!re', `=.id=${id}`, '=uptime=1s'].map(it => Buffer.from(it)))
  const memory = new RowMemory(['uptime'], 30)
  const read = () => {
    memory.begin()
    for (const words of rows)
      if (memory.take(encodeSentence(words), 0) < 0) memory.add(words, parseSentence(words).row)
    memory.end()
    return { known: memory.numbers.length, whole: memory.takeWholes().length }
  }
  expect([read(), read(), read()]).toEqual([
    { known: 0, whole: 3 },
    { known: 2, whole: 1 },
    { known: 2, whole: 1 },
  ])
})

test('the budget that came nearest to its end is told, once', () => {
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

test('a connection knows how large its largest answer was', async () => {
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
