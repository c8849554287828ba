import { countedUpTo } from '../../../../src/accounting/counting/mark.ts'
import { type SessionId, sessionId } from '../../../../src/accounting/ids.ts'
import type { Session } from '../../../../src/accounting/session.ts'
import { PLAIN_SESSION } from '../../../accounting/readings.ts'
import type { SimulatedService } from '../../../harness/services.ts'

/** A session of a router that logged in just now and was read once. */
export function sessionOf(router: number, service: SimulatedService, line: number, atMs: number): Session {
  const isPpp = service === 'ppp'
  const mac = `02:00:00:${isPpp ? '01' : '02'}:${hex(router & 255, 2)}:${hex(line, 2)}`.toUpperCase()
  const counters = { upload: 1_000 + line, download: 10_000 + line }
  return {
    id: idOf(atMs, (router << 10) | (line << 1) | (isPpp ? 1 : 0)),
    ...(isPpp ? PPP : HOTSPOT),
    ...{ username: `${service}-${router}-${line}`, ipAddress: `10.${isPpp ? 1 : 2}.${router & 255}.${line}` },
    macAddress: isPpp ? undefined : mac,
    routerSessionId: isPpp ? `0x81${hex(line, 6)}` : undefined,
    ...{ callerId: isPpp ? mac : undefined, binding: undefined, startMs: atMs - 5_000 },
    login: { earliestMs: atMs - 5_000, latestMs: atMs - 4_000 },
    ...{ mark: countedUpTo(counters), recorded: counters, lastMovedMs: atMs },
    ...PLAIN_SESSION,
  }
}

const PPP = { service: 'ppp', protocol: 'pppoe', server: undefined } as const
const HOTSPOT = { service: 'hotspot', protocol: 'hotspot', server: 'hotspot1' } as const

/** A UUID of version 7: it grows with the time of the login, and is unique for each session. */
function idOf(ms: number, serial: number): SessionId {
  const time = hex(ms, 12)
  return sessionId(`${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${hex(serial, 12)}`)
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
