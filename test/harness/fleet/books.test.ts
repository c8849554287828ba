import { expect, test } from 'vitest'
import type { Ending } from './faults.ts'
import { utf8 } from './name.ts'
import { enter, startRouter } from './opened.ts'
import { seededRandom, wholeBelow } from './random.ts'
import type { Reply, ScriptedClient } from './scripted-client.ts'
import { propertiesOf } from './scripted-client.ts'
import { varyingTraffic } from './traffic.ts'

/** Many more bytes than a socket's buffers hold, so that aborts hit replies under way. */
const SESSIONS = 2000
const ROUNDS = 3
const REPLIES = 20
const COMMAND = ['/ip/hotspot/active/print', '=.proplist=user,address,mac-address,bytes-in,bytes-out']

/**
 * Records the rows of whole replies until the connection ends. Names are unique here and nothing is reset, so the last
 * row of each name counts.
 * @returns the number of whole replies
 */
async function readInto(books: Map<string, string>, client: ScriptedClient): Promise<number> {
  client.sendAll(Array.from({ length: REPLIES }, () => COMMAND))
  for (let whole = 0; ; whole++) {
    const replies: readonly Reply[] = await client.reply()
    if (replies.at(-1)?.[0] !== '!done') return whole
    for (const reply of replies.slice(0, -1)) {
      const row = propertiesOf(reply)
      books.set(row['user'] ?? '', `${row['bytes-in']} ${row['bytes-out']}`)
    }
  }
}

for (const by of ['rst', 'fin'] as const satisfies readonly Ending[])
  test(`what a client reads whole is the truth to the byte, wherever a ${by} happens`, async () => {
    const random = seededRandom(3)
    const router = await startRouter({})
    for (let i = 0; i < SESSIONS; i++)
      router.login({
        protocol: 'hotspot',
        name: utf8(`user-${i}`),
        address: `10.0.${i >> 8}.${i & 255}`,
        macAddress: '02:00:00:00:00:01',
        traffic: varyingTraffic(i, { upload: 10_000_000, download: 100_000_000 }),
      })
    const books = new Map<string, string>()
    let whole = 0
    for (let round = 0; round < ROUNDS; round++) {
      const client = await enter(router)
      const reading = readInto(books, client)
      await router.nextCommand('/ip/hotspot/active/print')
      for (let turns = wholeBelow(random, 4); turns > 0; turns--)
        await new Promise(resolve => setImmediate(resolve))
      await router.drop(by)
      whole += await reading
    }
    const truth = router.truth().filter(session => session.everCarried)
    const carried = truth.map(it => [it.username, `${it.carried.upload} ${it.carried.download}`] as const)
    expect(new Map(carried)).toEqual(books)
    expect(whole).toBeGreaterThan(0)
    expect(whole).toBeLessThan(ROUNDS * REPLIES)
  })
