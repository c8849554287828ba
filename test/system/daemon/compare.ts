import { Client } from 'pg'
import { addToSum, type ByteSum, type Bytes, NO_SUM } from '../../../src/accounting/bytes.ts'
import type { Service } from '../../../src/accounting/reading.ts'

/** A subscriber on one router. */
export interface Subscriber {
  readonly tenant: string
  readonly router: string
  readonly service: Service
  readonly username: string
}

export interface SubscriberBytes extends Subscriber {
  readonly carried: Bytes
  /** Bytes of these that the client may not have read: recorded or not, both are right. */
  readonly doubted?: Bytes | undefined
}

export interface Difference extends Subscriber {
  readonly recorded: ByteSum
  readonly carried: ByteSum
}

export interface Comparison {
  readonly subscribers: number
  readonly recorded: ByteSum
  readonly carried: ByteSum
  /** Subscribers whose recorded bytes differ from those in the whole replies. */
  readonly differences: readonly Difference[]
  /** Subscribers who lack only bytes that the client may not have read. */
  readonly doubts: readonly Difference[]
  /** Upload and download in each of the four tables; the sums are all the same when the tables agree. */
  readonly tables: ReadonlyMap<string, ByteSum>
}

/**
 * Compares the database with what routers' whole replies carried, subscriber by subscriber.
 * @param nameOf returns the subscriber of a recorded name
 */
export async function compare(
  databaseUrl: string,
  truth: readonly SubscriberBytes[],
  nameOf = (username: string) => username,
): Promise<Comparison> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const recorded = await recordedBySubscriber(client, nameOf)
    const carried = new Map<string, ByteSum>()
    const doubted = new Map<string, ByteSum>()
    for (const it of truth) {
      const key = keyOf(it)
      carried.set(key, addToSum(carried.get(key) ?? NO_SUM, it.carried))
      if (it.doubted) doubted.set(key, addToSum(doubted.get(key) ?? NO_SUM, it.doubted))
    }
    const isDoubt = (it: Difference) => isWithin(it, doubted.get(keyOf(it)) ?? NO_SUM)
    const unequal = [...new Set([...recorded.keys(), ...carried.keys()])].flatMap(key => {
      const sums = { recorded: recorded.get(key) ?? NO_SUM, carried: carried.get(key) ?? NO_SUM }
      const isSame =
        sums.recorded.upload === sums.carried.upload && sums.recorded.download === sums.carried.download
      return isSame ? [] : [{ ...subscriberOf(key), ...sums }]
    })
    return {
      subscribers: carried.size,
      recorded: sumOf(recorded),
      carried: sumOf(carried),
      differences: unequal.filter(it => !isDoubt(it)),
      doubts: unequal.filter(isDoubt),
      tables: await tableSums(client),
    }
  } finally {
    await client.end()
  }
}

/** Bytes recorded too many or too few, summed over subscribers and directions. */
export function differenceOf({ differences }: Pick<Comparison, 'differences'>): bigint {
  return differences.reduce(
    (sum, { recorded, carried }) =>
      sum + distance(recorded.upload, carried.upload) + distance(recorded.download, carried.download),
    0n,
  )
}

function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a
}

function isWithin({ recorded, carried }: Difference, doubted: ByteSum): boolean {
  return (['upload', 'download'] as const).every(
    way => recorded[way] <= carried[way] && recorded[way] >= carried[way] - doubted[way],
  )
}

export function isEqual(comparison: Comparison): boolean {
  const sums = new Set(Array.from(comparison.tables.values(), it => `${it.upload}/${it.download}`))
  return comparison.differences.length === 0 && sums.size === 1
}

async function recordedBySubscriber(
  client: Client,
  nameOf: (username: string) => string,
): Promise<Map<string, ByteSum>> {
  const { rows } = await client.query<Subscriber & { upload: string; download: string }>(
    `select tenant_id as tenant, router_id as router, service, username, sum(upload) as upload, sum(download) as download
       from usage_daily group by 1, 2, 3, 4`,
  )
  const sums = new Map<string, ByteSum>()
  for (const { upload, download, ...row } of rows) {
    const key = keyOf({ ...row, username: nameOf(row.username) })
    const sum = sums.get(key) ?? NO_SUM
    sums.set(key, { upload: sum.upload + BigInt(upload), download: sum.download + BigInt(download) })
  }
  return sums
}

const TABLES: ReadonlyMap<string, string> = new Map([
  ['user_sessions', 'data_upload as upload, data_download as download'],
  ['session_deltas', 'upload, download'],
  ['usage_daily', 'upload, download'],
  ['tenant_usage_daily', 'upload, download'],
])

async function tableSums(client: Client): Promise<ReadonlyMap<string, ByteSum>> {
  const sums = new Map<string, ByteSum>()
  for (const [table, columns] of TABLES) {
    const { rows } = await client.query<{ upload: string; download: string }>(
      `select coalesce(sum(upload), 0) as upload, coalesce(sum(download), 0) as download
         from (select ${columns} from ${table}) as bytes`,
    )
    const [row] = rows
    sums.set(table, { upload: BigInt(row?.upload ?? 0), download: BigInt(row?.download ?? 0) })
  }
  return sums
}

function keyOf({ tenant, router, service, username }: Subscriber): string {
  return JSON.stringify([tenant, router, service, username])
}

function subscriberOf(key: string): Subscriber {
  const [tenant, router, service, username]: [string, string, Service, string] = JSON.parse(key)
  return { tenant, router, service, username }
}

function sumOf(sums: ReadonlyMap<string, ByteSum>): ByteSum {
  let upload = 0n
  let download = 0n
  for (const sum of sums.values()) {
    upload += sum.upload
    download += sum.download
  }
  return { upload, download }
}
