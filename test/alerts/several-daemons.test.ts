import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { fire } from '../store/alerts/delivery-scene.ts'
import { type LedgerScene, openLedgerScene } from '../store/pg/ledger-scene.ts'
import { Endpoint } from './endpoint.ts'
import { type PostingOptions, post } from './posting.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(() => scene.beginUntaken())
afterAll(() => scene.stop())

const WEBHOOKS = Array.from({ length: 10 }, (_, number) => `hook${number}`)
/** Posts to a webhook's path at once, at the most that the daemons together make. */
const CONCURRENCY = 16

/** Of ten posts it refuses two, drops two, and takes two without its answer getting through. */
class FlakyEndpoint extends Endpoint {
  /** By delivery, how often it was taken, and how many answers to that were lost. */
  readonly taken = new Map<string, number>()
  readonly lost = new Map<string, number>()
  /** The subjects that a path was told of, in the order in which they were first taken. */
  readonly told = new Map<string, string[]>()
  #posts = 0

  override answering: Endpoint['answering'] = (response, { id, path, body }, { socket }) => {
    const chance = (this.#posts++ * 7) % 10
    if (chance < 2) return response.writeHead(503, { 'retry-after': '1' }).end()
    if (chance < 4) return socket.destroy()
    if (!this.taken.has(id)) {
      const told = this.told.get(path) ?? []
      this.told.set(path, [...told, JSON.parse(body).data.alert.subject])
    }
    count(this.taken, id)
    if (chance >= 6) return response.end()
    count(this.lost, id)
    return socket.destroy()
  }
}

function count(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1)
}

async function begin(
  alerts: number,
  claimMs: number,
): Promise<{ endpoint: FlakyEndpoint; options: PostingOptions }> {
  const endpoint = new FlakyEndpoint()
  await endpoint.listen()
  for (let number = 0; number < alerts; number++) await fire(scene, `router${number}`, WEBHOOKS)
  const options = {
    databaseUrl: scene.url,
    endpoint: endpoint.url('/'),
    webhooks: WEBHOOKS,
    tenant: 'acme',
    claimMs,
  }
  return { endpoint, options }
}

async function untilAllDelivered(): Promise<void> {
  const left = () => scene.ask(`select count(*)::int as n from alert_deliveries where status <> 'delivered'`)
  await expect.poll(left, { interval: 50, timeout: 25_000 }).toEqual([{ n: 0 }])
}

/** Deliveries that were taken once more than answers to them were lost, and how often in all beyond that. */
function tooOften({ taken, lost }: FlakyEndpoint): number {
  let often = 0
  for (const [id, times] of taken) often += times - 1 - (lost.get(id) ?? 0)
  return often
}

/** Each webhook heard of each alert, in its order. */
function expectAllTold({ told }: FlakyEndpoint, alerts: number): void {
  const subjects = Array.from({ length: alerts }, (_, number) => `router${number}`)
  expect(told).toEqual(new Map(WEBHOOKS.map(webhook => [`/${webhook}`, subjects])))
}

test('two daemons deliver each alert once for each answer that was lost, and once more', async () => {
  const { endpoint, options } = await begin(50, 20_000)
  const stops = [post(options), post(options)]
  await untilAllDelivered()
  await Promise.all(stops.map(stop => stop()))
  expect(endpoint.taken.size).toBe(500)
  expect(endpoint.lost.size).toBeGreaterThan(50)
  expect(tooOften(endpoint)).toBe(0)
  expectAllTold(endpoint, 50)
  // At most one at a time, whoever posts it.
  expect(new Set(endpoint.most.values())).toEqual(new Set([1]))
})

test('daemons that are killed lose nothing, and repeat no more than what was under way', async () => {
  const { endpoint, options } = await begin(20, 1_000)
  const daemons = [spawn(options), spawn(options)]
  let killed = 0
  for (const received of [40, 80, 120, 160]) {
    await endpoint.untilReceived(received)
    await kill(daemons.shift())
    killed++
    daemons.push(spawn(options))
  }
  await untilAllDelivered()
  for (const daemon of daemons) await kill(daemon)
  expect(endpoint.taken.size).toBe(200)
  expect(tooOften(endpoint)).toBeLessThanOrEqual(killed * CONCURRENCY)
  expectAllTold(endpoint, 20)
})

function spawn(options: PostingOptions): ChildProcess {
  const child = fork(inject('postingChild'))
  onTestFinished(() => kill(child))
  child.send(JSON.stringify(options))
  return child
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
