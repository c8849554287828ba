import { SERVICES, type Service } from '../accounting/reading.ts'
import type { RouterConfig } from '../config/config.ts'
import {
  type Distrust,
  RouterCertificateRefused,
  type RouterError,
  RouterGarbled,
  RouterLoginRefused,
  RouterTimeout,
  RouterTrap,
  RouterUnreachable,
} from '../routeros/errors.ts'
import type { RouterProbe, ServiceProbe } from '../routeros/probe.ts'
import { NEEDED_POLICIES, type Rights } from '../routeros/rights.ts'

/** What is wrong with a router, and what to do. `fault`: it is not read as it should be; `warning`: it may mislead. */
export interface Finding {
  readonly severity: 'fault' | 'warning'
  readonly what: string
  readonly advice: string
}

/** Whether the router is not read as it should be. */
export function isFaulty(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'fault')
}

/** The router's clock is of no use to the numbers, but its log should tell the same time as ours. */
const CLOCK_OFF_SECONDS = 60
const NEW_CERTIFICATE =
  'make a new one on the router (/certificate/print), and give it to the service: /ip/service/set api-ssl certificate=NAME'
const CERTIFICATE_LEFT_MS = 30 * 86_400_000
/** All others are taken away, as a group that is made has none, and one that is changed keeps what is not told. */
const OTHER_POLICIES = [
  ...['local', 'telnet', 'ssh', 'ftp', 'reboot', 'write', 'policy', 'test', 'winbox', 'password', 'web'],
  ...['sniff', 'sensitive', 'romon', 'rest-api'],
]

/** Why a router could not be probed. */
export function findingsOfError(router: RouterConfig, error: RouterError): readonly Finding[] {
  return [fault(error.message, adviceFor(router, error))]
}

/** @param now by our clock */
export function findingsOf(router: RouterConfig, probe: RouterProbe, now: Date): readonly Finding[] {
  return [
    ...findingsOfServices(router, probe),
    ...findingsOfRights(router, probe.rights),
    ...(probe.isFastTracked ? [FAST_TRACK] : []),
    ...findingsOfCertificate(probe, now),
    ...findingsOfClock(probe),
  ]
}

function adviceFor({ username, host, tls, timeoutMs }: RouterConfig, error: RouterError): string {
  const service = tls ? 'api-ssl' : 'api'
  if (error instanceof RouterLoginRefused)
    return `see that username and password are the router's, and that the group of ${quoted(username)} may use the API: ${groupSet(username)}`
  if (error instanceof RouterCertificateRefused) return adviceForCertificate(error.why)
  if (error instanceof RouterGarbled) return `see that port is the one of ${service}: /ip/service/print`
  if (error instanceof RouterTimeout) return adviceForTimeout(error.waitedFor, timeoutMs)
  if (error instanceof RouterUnreachable) return adviceForUnreachable(codeOf(error.cause), host, service)
  if (error instanceof RouterTrap && error.isMissingRight) return groupSet(username)
  return 'try again; if it stays, look at the router’s log: /log/print'
}

function adviceForTimeout(waitedFor: RouterTimeout['waitedFor'], timeoutMs: number): string {
  switch (waitedFor) {
    case 'login':
      return 'see that host and port are right and that nothing on the way drops it: /ip/firewall/filter/print where chain=input'
    case 'answer':
      return `set the router's timeout to more than ${timeoutMs / 1_000}s, and see what keeps it busy: /tool/profile`
    default:
      return waitedFor satisfies never
  }
}

function adviceForUnreachable(code: unknown, host: string, service: string): string {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `see that host is right, and that this machine can look it up: getent hosts ${host}`
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `see that host is right, and how this machine gets there: ip route get ${host}`
    default:
      return `/ip/service/print on the router tells whether ${service} is on, on which port and for whom; /ip/service/enable ${service}`
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}

function adviceForCertificate(why: Distrust): string {
  switch (why) {
    case 'expired':
      return `${NEW_CERTIFICATE}; until then it can be pinned: tls: { fingerprint: SHA256 }`
    case 'not-yet-valid':
      return 'see that our clock is right: timedatectl'
    case 'another-name':
      return 'set host to a name that is in the certificate, or pin it: tls: { fingerprint: SHA256 }'
    case 'another-pin':
      return 'if its certificate was renewed, pin the new one; if not, somebody is in between'
    case 'none':
      return NEW_CERTIFICATE
    case 'unknown-authority':
      return 'name its CA (tls: { ca: FILE }), or pin its certificate (tls: { fingerprint: SHA256 })'
    default:
      return why satisfies never
  }
}

function findingsOfServices(router: RouterConfig, { services }: RouterProbe): readonly Finding[] {
  // One of the two is not there on many routers, and asked for by default.
  if (Object.values(services).every(({ kind }) => kind === 'missing')) {
    const asked = Object.keys(services)
    return [fault(`it has no ${asked.join(' and no ')}`, 'see that the package is on: /system/package/print')]
  }
  return SERVICES.flatMap(service => {
    const probe = services[service]
    return probe ? findingsOfService(router, service, probe) : []
  })
}

function findingsOfService(router: RouterConfig, service: Service, probe: ServiceProbe): readonly Finding[] {
  switch (probe.kind) {
    case 'missing':
      return []
    case 'failed':
      return findingsOfError(router, probe.error)
    case 'read': {
      const without = probe.sessions - probe.withCounters
      if (without === 0) return []
      const what = `${without} of ${probe.sessions} ${service} sessions have no counters`
      return [
        warning(
          what,
          'probe again; if it stays, compare /ppp/active/print with /interface/pppoe-server/print: a session without an interface can not be counted',
        ),
      ]
    }
    default:
      return probe satisfies never
  }
}

function findingsOfRights({ username }: RouterConfig, rights: Rights | undefined): readonly Finding[] {
  if (!rights) return []
  const more = rights.policies.filter(it => !NEEDED_POLICIES.includes(it))
  if (more.length === 0) return []
  return [
    warning(
      `its user may do more than read: group ${quoted(rights.group)} has ${more.join(', ')}`,
      `give ${quoted(username)} a group of its own: /user/group/add name=usage policy=${leastPolicy()}`,
    ),
  ]
}

const FAST_TRACK = warning(
  'a fasttrack-connection rule is on: traffic it takes bypasses the hotspot and is not counted',
  '/ip/firewall/filter/disable [find action=fasttrack-connection], or let it take no hotspot traffic',
)

function findingsOfCertificate({ certificate }: RouterProbe, now: Date): readonly Finding[] {
  if (!certificate) return []
  const leftMs = certificate.validTo.getTime() - now.getTime()
  if (leftMs > CERTIFICATE_LEFT_MS) return []
  const day = certificate.validTo.toISOString().slice(0, 10)
  return [warning(`its certificate is good until ${day}`, NEW_CERTIFICATE)]
}

function findingsOfClock({ clockOffsetSeconds }: RouterProbe): readonly Finding[] {
  if (clockOffsetSeconds === undefined || Math.abs(clockOffsetSeconds) < CLOCK_OFF_SECONDS) return []
  const way = clockOffsetSeconds > 0 ? 'ahead' : 'behind'
  return [
    warning(
      `its clock is ${Math.abs(clockOffsetSeconds)} s ${way} of ours, or ours of it; usage does not go by it`,
      '/system/ntp/client/set enabled=yes, and timedatectl here',
    ),
  ]
}

/** With it the group may read over the API, whatever else it may. */
function groupSet(username: string): string {
  return `/user/group/set [/user/get ${quoted(username)} group] policy=${NEEDED_POLICIES.join(',')}`
}

function leastPolicy(): string {
  return [...NEEDED_POLICIES, ...OTHER_POLICIES.map(it => `!${it}`)].join(',')
}

/** As RouterOS's console takes it. */
function quoted(name: string): string {
  return /^[\w-]+$/.test(name) ? name : `"${name.replaceAll(/["\\$]/g, '\\$&')}"`
}

function fault(what: string, advice: string): Finding {
  return { severity: 'fault', what, advice }
}

function warning(what: string, advice: string): Finding {
  return { severity: 'warning', what, advice }
}
