import { pino } from 'pino'
import { Calendar } from '../../../../src/accounting/calendar.ts'
import { tenantId } from '../../../../src/accounting/ids.ts'
import { createApi } from '../../../../src/api/http/api.ts'
import { Bearers } from '../../../../src/api/http/bearers.ts'
import { HttpServer } from '../../../../src/api/http/server.ts'
import { READ_LIMITS, ReadGate } from '../../../../src/api/usage/read-limits.ts'
import { usageRoutes } from '../../../../src/api/usage/usage-routes.ts'
import type { TokenVerifier } from '../../../../src/auth/bearer.ts'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { UsageReader } from '../../../../src/store/usage/usage-reader.ts'
import { strangersOf } from '../../../api/http/ample-strangers.ts'
import { answerParent } from '../child.ts'
import { cpuMs } from '../measure.ts'
import type { CsvListening, CsvQuestion } from './csv-messages.ts'

/** The measured process: the read API with the daemon's HTTP server. */

const log = pino({ level: 'silent' })
const clock = systemClock
const tenant = tenantId('tenant-0')
const calendar = new Calendar('UTC')

answerParent((question: CsvQuestion) => {
  switch (question.kind) {
    case 'start':
      return start(question.url)
    case 'cpu':
      return cpuMs()
    case 'memory':
      return process.memoryUsage.rss()
    default:
      return question satisfies never
  }
})

async function start(url: string): Promise<CsvListening> {
  const source = new UsageReader({ url, log, applicationName: 'bench-api', connections: 4 })
  const calendars = { tenants: () => [tenant], calendar: () => calendar }
  const gate = new ReadGate({ limits: READ_LIMITS, clock })
  const expiresAt = new Date(Date.now() + 86_400_000)
  const verifier: TokenVerifier = { verify: async () => ({ kind: 'tenant', tenant, expiresAt }) }
  const strangers = strangersOf(clock)
  const routes = usageRoutes({ source, replica: undefined, calendars, gate, clock })
  const http = new HttpServer({
    at: { kind: 'port', host: '127.0.0.1', port: 0, block: 'server' },
    tls: undefined,
    api: createApi({
      ...{ routes, verifier, bearers: new Bearers(verifier), origins: [], strangers, log },
      strictTransportMs: () => undefined,
    }),
    ...{ upgrades: new Map(), connections: strangers.connections },
    ...{ clock, log },
  })
  await http.start()
  return { port: http.port ?? 0 }
}
