import { expect, test } from 'vitest'
import { enter, HOTSPOT_ANN, PPP_ANN, startRouter } from './opened.ts'

test('listen reports a new session with its row, and a gone one by its id alone', async () => {
  const router = await startRouter({})
  const client = await enter(router)
  client.send('/ppp/active/listen', '=.proplist=.id,name', '.tag=l')
  // Answered after the listen, which has therefore begun.
  await client.ask('/system/identity/print', '.tag=i')
  const session = router.login(PPP_ANN)
  expect(await client.next()).toEqual(['!re', '.tag=l', '=.id=*1', '=name=ann'])
  router.login(HOTSPOT_ANN)
  router.logout(session)
  expect(await client.next()).toEqual(['!re', '.tag=l', '=.id=*1', '=.dead=true'])
})

test('6.49 writes yes for a dead row', async () => {
  const router = await startRouter({ version: '6.49' })
  const session = router.login(HOTSPOT_ANN)
  const client = await enter(router)
  client.send('/ip/hotspot/active/listen', '.tag=l')
  await client.ask('/system/identity/print', '.tag=i')
  router.logout(session)
  expect(await client.next()).toEqual(['!re', '.tag=l', '=.id=*C0A80A08', '=.dead=yes'])
})

test('a cancel interrupts the listen, is done, and then the listen is done', async () => {
  const router = await startRouter({})
  const client = await enter(router)
  client.send('/ip/hotspot/active/listen', '.tag=l')
  await client.ask('/system/identity/print', '.tag=i')
  client.send('/cancel', '=tag=l', '.tag=c')
  expect([await client.next(), await client.next(), await client.next()]).toEqual([
    ['!trap', '.tag=l', '=category=2', '=message=interrupted'],
    ['!done', '.tag=c'],
    ['!done', '.tag=l'],
  ])
  router.login(HOTSPOT_ANN)
  expect(await client.rows('/ip/hotspot/active/print', '=.proplist=user', '.tag=p')).toEqual([
    { user: 'ann' },
  ])
})

test('commands on one connection are answered in order, each with its tag', async () => {
  const router = await startRouter({})
  router.login(PPP_ANN)
  const client = await enter(router)
  client.send('/ppp/active/print', '=.proplist=name', '.tag=a')
  client.send('/system/identity/print', '.tag=b')
  expect([...(await client.reply()), ...(await client.reply())]).toEqual([
    ['!re', '.tag=a', '=name=ann'],
    ['!done', '.tag=a'],
    ['!re', '.tag=b', '=name=router'],
    ['!done', '.tag=b'],
  ])
})

test('a router that interleaves mixes the rows of concurrent commands', async () => {
  const router = await startRouter({ isInterleaving: true })
  for (const count of [1, 2]) router.login({ ...PPP_ANN, address: `10.0.0.${count}` })
  const client = await enter(router)
  client.sendAll(['a', 'b'].map(tag => ['/ppp/active/print', '=.proplist=name', `.tag=${tag}`]))
  const replies = [...(await client.reply()), ...(await client.reply())]
  const tags = replies.map(([, tag]) => tag)
  expect(tags.filter(tag => tag === '.tag=a')).toHaveLength(3)
  expect(tags).not.toEqual([...tags].sort())
})
