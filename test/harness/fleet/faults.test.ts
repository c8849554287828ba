import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { OWN_LOOPBACK } from '../own-loopback.ts'
import { AUTHORITY_PATH, serverIdentity } from './certificate.ts'
import { enter, HandClock, HOTSPOT_ANN, knock, PPP_ANN, startRouter } from './opened.ts'

const PRINT = ['/ip/hotspot/active/print', '=.proplist=.id,user,bytes-in,bytes-out', '.tag=h'] as const

for (const by of ['rst', 'fin'] as const) {
  test(`a reply cut by ${by} ends before its done`, async () => {
    const router = await startRouter({})
    router.login(HOTSPOT_ANN)
    const client = await enter(router)
    router.cutNextReply({ menu: '/ip/hotspot/active', by })
    const identity = await client.rows('/system/identity/print')
    const cut = await client.ask(...PRINT)
    expect(identity).toHaveLength(1)
    expect(cut.flat()).not.toContain('!done')
    expect(client.errorCode).toBe(by === 'rst' ? 'ECONNRESET' : undefined)
  })

  test(`a drop by ${by} loses no reply that was whole, over TLS neither`, async () => {
    const router = await startRouter({ tls: serverIdentity() })
    for (let i = 0; i < 200; i++) router.login({ ...HOTSPOT_ANN, address: `10.0.0.${i}` })
    const client = await enter(router, { ca: readFileSync(AUTHORITY_PATH, 'utf8') })
    client.send(...PRINT)
    await router.nextCommand('/ip/hotspot/active/print')
    await router.drop(by)
    const replies = await client.reply()
    expect(replies).toHaveLength(201)
    expect(await client.next()).toBeUndefined()
    expect(router.truth().every(session => session.everCarried)).toBe(true)
  })
}

test('a cut can happen after any byte', async () => {
  const router = await startRouter({})
  const reply = ['!re', '.tag=i', '=name=router']
  for (const [afterBytes, rows] of [
    [0, []],
    [24, []],
    [25, [reply]],
    [1000, [reply]],
  ] as const) {
    const client = await enter(router)
    router.cutNextReply({ menu: '/system/identity', afterBytes, by: 'fin' })
    expect(await client.ask('/system/identity/print', '.tag=i')).toEqual(rows)
  }
})

test('a trickling router sends each byte separately', async () => {
  const router = await startRouter({})
  router.login(HOTSPOT_ANN)
  const client = await enter(router)
  const before = client.chunks
  router.trickle()
  expect(await client.rows(...PRINT)).toHaveLength(1)
  expect(client.chunks - before).toBeGreaterThan(20)
  expect(router.truth()).toMatchObject([{ everCarried: true }])
})

test('a hanging router reads without answering, and cuts off waiting clients when it recovers', async () => {
  const router = await startRouter({})
  const client = await enter(router)
  router.hang()
  client.send(...PRINT)
  await router.nextCommand('/ip/hotspot/active/print')
  await router.recover()
  expect(await client.reply()).toEqual([])
  expect(client.errorCode).toBe('ECONNRESET')
})

test('a router may also answer late', async () => {
  const router = await startRouter({})
  const client = await enter(router)
  router.hang()
  client.send('/system/identity/print')
  await router.nextCommand('/system/identity/print')
  await router.recover({ answersLate: true })
  expect(await client.reply()).toHaveLength(2)
})

test('a deaf router accepts the connection and reads nothing', async () => {
  const router = await startRouter({})
  const before = await enter(router)
  router.hang('deaf')
  const client = await knock(router)
  client.send('/login', '=name=usage', '=password=secret')
  before.send('/system/identity/print')
  expect(router.connections).toBe(2)
  await router.recover()
  expect(await client.reply()).toEqual([])
  expect(await before.reply()).toEqual([])
  expect(router.received('/system/identity/print')).toBe(0)
})

test('a refusing router keeps its connections and accepts no new ones', async () => {
  const router = await startRouter({ host: OWN_LOOPBACK })
  const client = await enter(router)
  router.refuse()
  await expect(knock(router)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  expect(await client.rows('/system/identity/print')).toHaveLength(1)
  await router.recover()
  await enter(router)
})

test('a denying router refuses every login until it recovers', async () => {
  const router = await startRouter({})
  router.deny()
  const client = await knock(router)
  const login = ['/login', '=name=usage', '=password=secret']
  expect(await client.ask(...login)).toEqual([
    ['!trap', '=message=invalid user name or password (6)'],
    ['!done'],
  ])
  await router.recover()
  expect(await client.ask(...login)).toEqual([['!done']])
})

test('several traps may precede the done, and then the command works again', async () => {
  const router = await startRouter({})
  const client = await enter(router)
  router.failNext({ menu: '/ppp/active', messages: ['busy', 'timeout'], category: 5, times: 1 })
  expect(await client.ask('/ppp/active/print')).toEqual([
    ['!trap', '=category=5', '=message=busy'],
    ['!trap', '=category=5', '=message=timeout'],
    ['!done'],
  ])
  expect(await client.ask('/ppp/active/print')).toEqual([['!empty'], ['!done']])
})

test('junk leaves the rows unchanged', async () => {
  const router = await startRouter({})
  router.login(HOTSPOT_ANN)
  const client = await enter(router)
  router.addJunk()
  client.send(...PRINT)
  const replies: (readonly string[])[] = []
  do replies.push((await client.next()) ?? [])
  while (replies.at(-1)?.join() !== '!done,.tag=h')
  const mine = replies.filter(words => words.includes('.tag=h') && words.length > 2)
  expect(mine.map(([first]) => first)).toEqual(['!weird', '!re'])
  expect(replies).toContainEqual(['!done', '.tag=tag-of-nobody'])
})

test('a fatal has no tag and ends the connection', async () => {
  const router = await startRouter({})
  const client = await enter(router)
  router.fatal('out of memory')
  expect(await client.reply()).toEqual([['!fatal', 'out of memory']])
})

test('a reboot ends every session and connection, sets all counters to zero and may refuse logins at first', async () => {
  const clock = new HandClock()
  const router = await startRouter({ now: clock.now })
  const binding = router.addBinding({ protocol: 'pppoe', name: 'to-ann', user: PPP_ANN.name })
  router.login(PPP_ANN)
  router.login(HOTSPOT_ANN)
  clock.turn(10_000)
  const client = await enter(router)
  await router.reboot({ downForMs: 1, loginsToRefuse: 1 })
  expect(await client.next()).toBeUndefined()
  expect(client.errorCode).toBe('ECONNRESET')
  expect(router.truth().map(session => session.logoutAtMs)).toEqual([clock.now(), clock.now()])
  expect(binding.meter.readAt(clock.now())).toEqual({ upload: 0, download: 0 })
  const next = await knock(router)
  const login = ['/login', '=name=usage', '=password=secret']
  expect(await next.ask(...login)).toHaveLength(2)
  expect(await next.ask(...login)).toHaveLength(1)
  expect(await next.rows('/system/resource/print', '=.proplist=uptime')).toEqual([{ uptime: '0s' }])
  router.login(PPP_ANN)
  expect(await next.rows('/ppp/active/print', '=.proplist=session-id')).toEqual([
    { 'session-id': '0x81200001' },
  ])
})

test('a stopped router has the same port when it starts again, and its sessions', async () => {
  const router = await startRouter({})
  router.login(HOTSPOT_ANN)
  const { port } = router
  const client = await enter(router)
  await router.stop()
  expect(await client.next()).toBeUndefined()
  await expect(knock(router)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await router.start()
  expect(router.port).toBe(port)
  expect(await (await enter(router)).rows(...PRINT)).toHaveLength(1)
})
