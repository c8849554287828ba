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
/** The limit of posts at a time, summed over the daemons. */
const CONCURRENCY = 16

/** An endpoint that, out of ten posts, refuses two, drops two, and accepts two whose answers get lost. */
class FlakyEndpoint extends Endpoint {
  /** By delivery: how often it was accepted, and how many of those answers were lost. */
  readonly taken = new Map<string, number>()
  readonly lost = new Map<string, number>()
  /** The subjects that a path received, in the order in which they were first accepted. */
  readonly subjects = new Map<string, string[]>()
  #posts = 0

  override answering: Endpoint['answering'] = (response, { id, path, body }, { socket }) => {
    const chance = (this.#posts++ * 7) % 10
    if (chance < 2) return response.writeHead(503, { 'retry-after': '1' }).end()
    if (chance < 4) return socket.destroy()
    if (!this.taken.has(id)) {
      const subjects = this.subjects.get(path) ?? []
      this.subjects.set(path, [...subjects, JSON.parse(body).data.alert.subject])
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

/** The deliveries that were accepted more often than once plus once per lost answer, and the total excess. */
function tooOften({ taken, lost }: FlakyEndpoint): number {
  let often = 0
  for (const [id, times] of taken) often += times - 1 - (lost.get(id) ?? 0)
  return often
}

/** Each webhook received each alert, in order. */
function expectAllReceived({ subjects }: FlakyEndpoint, alerts: number): void {
  const all = Array.from({ length: alerts }, (_, number) => `router${number}`)
  expect(subjects).toEqual(new Map(WEBHOOKS.map(webhook => [`/${webhook}`, all])))
}

test('two daemons deliver each alert once, plus once for each lost answer', async () => {
  const { endpoint, options } = await begin(50, 20_000)
  const stops = [post(options), post(options)]
  await untilAllDelivered()
  await Promise.all(stops.map(stop => stop()))
  expect(endpoint.taken.size).toBe(500)
  expect(endpoint.lost.size).toBeGreaterThan(50)
  expect(tooOften(endpoint)).toBe(0)
  expectAllReceived(endpoint, 50)
  // Only one post at a time, whichever daemon sends it.
  expect(new Set(endpoint.most.values())).toEqual(new Set([1]))
})

test('daemons that are killed lose nothing, and repeat only what was under way', async () => {
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
  expectAllReceived(endpoint, 20)
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
