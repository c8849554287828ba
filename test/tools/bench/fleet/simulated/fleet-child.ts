import { createServer } from 'node:http'
import type { Bytes } from '../../../../../src/accounting/bytes.ts'
import { SERVICES } from '../../../../harness/services.ts'
import { FastFleet, type FleetSize } from './fleet.ts'
import type { RouterOnline, RouterTruth } from './fleet-process.ts'
import { reportOf } from './fleet-report.ts'
import { usernameOf } from './menus.ts'
import { type FastRouter, TROUBLES, type Trouble } from './router.ts'

/**
 * The fleet's process: routers on one port, and commands by HTTP on another. It ends by SIGTERM, or with its parent.
 * argv: the fleet's size as JSON.
 */

const size: FleetSize = JSON.parse(process.argv[2] ?? '')
const fleet = new FastFleet(size)

type Order = (query: URLSearchParams) => unknown

const ORDERS: ReadonlyMap<string, Order> = new Map<string, Order>([
  ['/churn', query => fleet.churn(numberOf(query, 'share'))],
  ['/freeze', () => fleet.freeze()],
  ['/connected', () => fleet.connected],
  ['/unread', query => fleet.unread(numberOf(query, 'since'))],
  [
    '/begin',
    () => {
      for (const router of fleet.routers) router.polls.begin()
    },
  ],
  ['/report', query => reportOf(fleet, numberOf(query, 'interval'))],
  ['/truth', query => truthOf(numberOf(query, 'router'))],
  ['/sums', () => fleet.routers.map(sumOf)],
  ['/online', query => onlineOf(numberOf(query, 'router'))],
  ['/trouble', query => fleet.trouble(numberOf(query, 'router'), troubleOf(query.get('kind')))],
])

function truthOf(number: number): RouterTruth {
  const router = fleet.routers[number]
  if (!router) return []
  return SERVICES.map(service => {
    const subscribers = router.of(service)
    return { service, carried: [...subscribers.carried()], doubted: [...subscribers.doubted()] }
  })
}

function sumOf(router: FastRouter): Bytes {
  const sum = { upload: 0, download: 0 }
  for (const service of SERVICES)
    for (const { upload, download } of router.of(service).carried()) {
      sum.upload += upload
      sum.download += download
    }
  return sum
}

function onlineOf(number: number): RouterOnline {
  const router = fleet.routers[number]
  if (!router) return []
  return SERVICES.map(service => {
    const carried = [...router.of(service).carried()]
    const sessions = router.of(service).online.map(it => ({
      ...{ username: usernameOf(service, { router: number, number: it }) },
      ...(carried[it] ?? { upload: 0, download: 0 }),
    }))
    return { service, sessions }
  })
}

function troubleOf(text: string | null): Trouble {
  return TROUBLES.find(it => it === text) ?? 'none'
}

function numberOf(query: URLSearchParams, name: string): number {
  return Number(query.get(name))
}

const control = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://fleet')
  const order = ORDERS.get(pathname)
  if (!order) {
    response.writeHead(404).end()
    return
  }
  void Promise.resolve(order(searchParams)).then(answer => response.end(JSON.stringify(answer ?? null)))
})

// A parent that is busy for a while would use a connection that is about to be closed.
control.keepAliveTimeout = 0

async function stop(): Promise<void> {
  await fleet.stop()
  control.close()
  control.closeAllConnections()
  process.stdin.destroy()
}

process.once('SIGTERM', () => void stop())
process.stdin.resume().once('end', () => void stop())
const port = await fleet.start()
control.listen(0, '127.0.0.1', () => {
  const address = control.address()
  const controlPort = address !== null && typeof address !== 'string' ? address.port : 0
  console.log(JSON.stringify({ port, controlPort }))
})
