import { pino } from 'pino'
import { createApi } from '../../../../src/api/http/api.ts'
import { Bearers } from '../../../../src/api/http/bearers.ts'
import { HttpServer } from '../../../../src/api/http/server.ts'
import { JwtVerifier } from '../../../../src/auth/tokens.ts'
import { FEED_LIMITS, type FeedLimits } from '../../../../src/feed/limits.ts'
import { FeedServer } from '../../../../src/feed/server.ts'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { strangersOf } from '../../../api/http/ample-strangers.ts'
import { onlySecret } from '../../../feed/token-rules.ts'
import { answerParent, sweptMemory } from '../child.ts'
import { cpuMs } from '../measure.ts'
import { BareServer } from './bare-server.ts'
import { INTERVAL_MS, type Listening, SECRET, type ServerQuestion } from './feed-messages.ts'
import { SyntheticSource } from './synthetic-source.ts'

/** All clients come from one address. */
const LIMITS: FeedLimits = { ...FEED_LIMITS, connectionsPerAddress: 1e6 }

/** The process of the measured server: the feed with the daemon's HTTP server, or `ws` alone. */

let feed: FeedServer | undefined

answerParent((question: ServerQuestion) => {
  switch (question.kind) {
    case 'start': {
      const source = new SyntheticSource(question.tenants, question.sessions)
      return question.server === 'tikmeter' ? startFeed(source) : startBare(source)
    }
    case 'cpu':
      return cpuMs()
    case 'memory':
      return sweptMemory()
    case 'connections':
      return feed?.connections
    default:
      return question satisfies never
  }
})

async function startFeed(source: SyntheticSource): Promise<Listening> {
  const log = pino({ level: 'silent' })
  const verifier = new JwtVerifier({ rules: onlySecret(SECRET), clock: systemClock, log })
  const strangers = strangersOf(systemClock)
  const started = new FeedServer({
    ...{ source, verifier, origins: [], intervalMs: INTERVAL_MS, serverVersion: '0' },
    ...{ alerts: { recent: () => [] }, limits: LIMITS, clock: systemClock, log },
    strangers,
  })
  const http = new HttpServer({
    at: { kind: 'port', host: '127.0.0.1', port: 0, block: 'server' },
    tls: undefined,
    api: createApi({
      ...{ routes: [], verifier, bearers: new Bearers(verifier), origins: [], strangers, log },
      strictTransportMs: () => undefined,
    }),
    connections: strangers.connections,
    upgrades: new Map([['/ws', started.upgrade]]),
    ...{ clock: systemClock, log },
  })
  await http.start()
  started.start()
  feed = started
  return { port: http.port ?? 0 }
}

async function startBare(source: SyntheticSource): Promise<Listening> {
  const frames = source.tenants().map(tenant => {
    const { asOf, ...rest } = source.snapshot(tenant, new Date()) ?? {}
    return Buffer.from(JSON.stringify({ type: 'snapshot', seq: 100, as_of: asOf?.toISOString(), ...rest }))
  })
  return { port: await new BareServer(frames).start() }
}
