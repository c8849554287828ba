import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { BenchChild } from '../child.ts'
import { BenchPostgres } from '../commit/bench-postgres.ts'
import type { Bench, BenchRun, Figure } from '../figure.ts'
import type { CsvListening, CsvQuestion } from './csv-messages.ts'

const ROWS = 1_000_000
const SAMPLE_MS = 100
const MIB = 1_048_576

const SESSIONS = `
  insert into tenants values ('tenant-0', 'T', 'UTC');
  insert into routers (tenant_id, id, name, host) values ('tenant-0', 'hq', 'HQ', '10.0.0.1');
  insert into user_sessions (id, tenant_id, router_id, service, protocol, username, mac_address, ip_address, status,
      start_time, last_seen_at, end_time, end_reason, data_upload, data_download, login_earliest_at, login_latest_at,
      last_moved_at)
    select gen_random_uuid(), 'tenant-0', 'hq', 'ppp', 'pppoe', 'user-' || n % 5000, '02:00:00:00:00:01', '10.0.0.1',
      'ended', at, at, at, 'logout', n, n * 9, at, at, at
    from (select n, now() - n * interval '1 second' as at from generate_series(1, ${ROWS}) as n) as s;
  analyze`

export const CSV: Bench = {
  name: 'csv',
  about: `a tenant's ${ROWS} sessions as CSV: what it takes, and what it keeps`,
  isLong: true,
  async run(bench) {
    const postgres = await BenchPostgres.start()
    const child = new BenchChild(new URL('./server-child.ts', import.meta.url))
    try {
      const client = await postgres.database.pool.connect()
      await client.query('set statement_timeout = 0')
      await client.query(SESSIONS)
      client.release(true)
      const { port } = await child.ask<CsvListening>({
        kind: 'start',
        url: postgres.url,
      } satisfies CsvQuestion)
      await read(port, 'json&limit=1')
      return await measure(bench, child, port)
    } finally {
      await child.stop()
      await postgres.stop()
    }
  },
}

async function measure(bench: BenchRun, child: BenchChild, port: number): Promise<readonly Figure[]> {
  const ask = (kind: 'cpu' | 'memory') => child.ask<number>({ kind } satisfies CsvQuestion)
  const [memoryBefore, cpuBefore] = [await ask('memory'), await ask('cpu')]
  const startedMs = performance.now()
  let isRead = false
  const reading = read(port, 'csv').finally(() => {
    isRead = true
  })
  let most = memoryBefore
  while (!isRead) {
    await Promise.race([reading, delay(SAMPLE_MS)])
    most = Math.max(most, await ask('memory'))
  }
  const { lines, bytes, firstMs } = await reading
  const seconds = (performance.now() - startedMs) / 1_000
  bench.say(`${lines} lines, ${Math.round(bytes / MIB)} MiB`)
  const name = 'csv'
  return [
    { name, metric: 'lines', value: lines, unit: 'lines', goal: { atLeast: ROWS + 1, atMost: ROWS + 1 } },
    {
      name,
      metric: 'memory beyond what was before',
      value: (most - memoryBefore) / MIB,
      unit: 'MiB',
      goal: { atMost: 64 },
    },
    { name, metric: 'until the first byte', value: firstMs, unit: 'ms' },
    { name, metric: 'rows', value: ROWS / seconds, unit: 'rows/s' },
    {
      name,
      metric: 'CPU of the daemon',
      value: (((await ask('cpu')) - cpuBefore) * 1_000) / ROWS,
      unit: 'µs/row',
    },
  ]
}

/** Reads an answer to its end without keeping it. */
async function read(
  port: number,
  format: string,
): Promise<{ lines: number; bytes: number; firstMs: number }> {
  const startedMs = performance.now()
  const path = `/api/sessions?from=${dayAt(-30)}&to=${dayAt(1)}&format=${format}`
  const request = get({ host: '127.0.0.1', port, path, headers: { Authorization: 'Bearer x' }, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let [lines, bytes, firstMs] = [0, 0, 0]
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (bytes === 0) firstMs = performance.now() - startedMs
    bytes += chunk.length
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++
  }
  return { lines, bytes, firstMs }
}

function dayAt(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
}
