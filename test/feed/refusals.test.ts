import { afterEach, expect, test } from 'vitest'
import { channelOf } from '../../src/feed/pusher/app.ts'
import { Metrics } from '../../src/runtime/metrics.ts'
import { ServedScene, subscribeFrame } from '../auth/served-scene.ts'
import { acme } from './feed-fixture.ts'
import { OPCODE, rawFrame } from './raw-client.ts'

let scene: ServedScene
afterEach(() => scene.stop())

async function counted({ registry }: Metrics): Promise<Record<string, number>> {
  const text = await registry.getSingleMetricAsString('tikmeter_refusals_total')
  const counts = Array.from(text.matchAll(/\{reason="(\w+)"\} (\d+)/g), ([, reason = '', count]) => [
    reason,
    Number(count),
  ])
  return Object.fromEntries(counts.filter(([, count]) => count !== 0))
}

test('refusals of both protocols and of pages are counted by reason', async () => {
  const metrics = new Metrics()
  scene = await new ServedScene([acme], { metrics }).start()
  expect(await counted(metrics)).toEqual({})
  const forger = await scene.openPusher()
  forger.client.write(subscribeFrame(channelOf(acme), 'tikmeter-key:forged'))
  await forger.client.text('pusher:error')
  const talker = await scene.openPusher()
  talker.client.write(...Array.from({ length: 100 }, () => rawFrame({ opcode: OPCODE.ping, payload: '' })))
  expect(await talker.client.ended).toBe(4100)
  await scene.openPusher().then(async ({ client }) => {
    await scene.clock.turn(30_000)
    expect(await client.ended).toBe(4101)
  })
  const page = await fetch(`http://127.0.0.1:${scene.port}/api/usage`, { headers: { Connection: 'close' } })
  expect(page.status).toBe(401)
  await page.text()
  await expect.poll(() => counted(metrics)).toEqual({ forbidden: 1, too_many: 1, no_token: 3 })
})
