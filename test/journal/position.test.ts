import { expect, test } from 'vitest'
import { type RouterKey, routerId, routerKey, tenantId } from '../../src/accounting/ids.ts'
import { GrowingPositions } from '../../src/journal/position.ts'
import { BusyRouter } from './busy-router.ts'
import { MemoryDisk } from './files/memory-disk.ts'
import { ModelDaemon, World } from './model-daemon.ts'
import { Random } from './random.ts'

function keyOf(router: string): RouterKey {
  return routerKey(tenantId('acme'), routerId(router))
}

test('the positions of a router only grow, by epoch first, independently of other routers', () => {
  const positions = new GrowingPositions()
  const move = (router: string, epoch: number, position: number) =>
    positions.move({ router: keyOf(router), epoch, position })
  move('hq', 3, 7)
  move('hq', 3, 8)
  move('hill', 1, 1)
  expect(() => move('hq', 3, 8)).toThrow(
    'acme/hq: positions only grow: epoch 3, position 8, lastEpoch 3, lastPosition 8',
  )
  expect(() => move('hq', 3, 2)).toThrow('positions only grow')
  expect(() => move('hq', 2, 9)).toThrow('positions only grow')
  // The first epoch's decision at this position never came to the database.
  move('hq', 4, 8)
  expect(() => move('hq', 4, 8)).toThrow('positions only grow')
})

test('a decision at a position that the journal has already is not journaled', async () => {
  const router = new BusyRouter({ name: 'hq', sessions: 3, churn: 0, random: new Random(5) })
  const daemon = new ModelDaemon(new World([router]), new MemoryDisk(), 1e6)
  await daemon.start()
  await daemon.readAll([router])
  const record = { kind: 'decision', router: router.key, epoch: 1, position: 1 } as const
  const { bytes } = daemon.journal.state()
  expect(() => daemon.journal.append({ ...record, decision: router.next(5) })).toThrow('positions only grow')
  expect(daemon.journal.state().bytes).toBe(bytes)
  await daemon.stop()
})
