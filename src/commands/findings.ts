import type { Service } from '../accounting/reading.ts'
import type { RouterConfig } from '../config/config.ts'
import type { RouterError } from '../routeros/errors.ts'
import { NEEDED_POLICIES, type Rights } from '../routeros/menus/rights.ts'
import type { RouterProbe, ServiceProbe } from '../routeros/probe-router.ts'
import { REGISTERED } from '../services/registered.ts'
import { SERVICE_NAMES } from '../services/services.ts'
import { adviceFor } from './router-advice.ts'
import { leastPolicy, NEW_CERTIFICATE, quoted } from './router-console.ts'

/** What is wrong with a router, and how to fix it. `fault`: it is not read correctly; `warning`: it may mislead. */
export interface Finding {
  readonly severity: 'fault' | 'warning'
  readonly what: string
  readonly advice: string
}

/** Whether the router is not read correctly. */
export function isFaulty(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'fault')
}

type ReadService = Extract<ServiceProbe, { kind: 'read' }>

/** The router's clock does not affect the numbers, but its log should show the same time as ours. */
const CLOCK_OFF_SECONDS = 60
const CERTIFICATE_LEFT_MS = 30 * 86_400_000

/** The reason why a router could not be probed. */
export function findingsOfError(router: RouterConfig, error: RouterError): readonly Finding[] {
  return [fault(error.message, adviceFor(router, error))]
}

/** @param now our clock */
export function findingsOf(router: RouterConfig, probe: RouterProbe, now: Date): readonly Finding[] {
  return [
    ...findingsOfServices(router, probe),
    ...findingsOfRights(router, probe.rights),
    ...(probe.isFastTracked ? [FAST_TRACK] : []),
    ...findingsOfCertificate(probe, now),
    ...findingsOfClock(probe),
  ]
}

function findingsOfServices(router: RouterConfig, { services }: RouterProbe): readonly Finding[] {
  // Many routers lack one of the two, and both are read by default.
  if (Object.values(services).every(it => it?.kind === 'missing')) {
    const asked = Object.keys(services)
    return [
      fault(
        `it has no ${asked.join(' and no ')}`,
        'check that the package is enabled: /system/package/print',
      ),
    ]
  }
  return SERVICE_NAMES.flatMap(service => {
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
    case 'read':
      return [
        ...findingsOfUncounted(service, probe),
        ...findingsOfUnreadable(service, probe),
        ...findingsOfDomains(router, probe),
      ]
    default:
      return probe satisfies never
  }
}

function findingsOfUncounted(service: Service, probe: ReadService): readonly Finding[] {
  const { sessions, withCounters, unreadable, missingMenus } = probe
  const refused = missingMenus.map(({ menu, reason }) =>
    warning(
      `it refuses ${menu} (${reason}): sessions that need it cannot be counted`,
      'check that its user has the policies read and api (/user/group/print), and that the package is enabled (/system/package/print)',
    ),
  )
  const without = sessions - withCounters - unreadable.length
  if (without <= 0) return refused
  return [
    warning(
      `${without} of ${sessions} ${service} sessions have no counters`,
      'probe again; if it persists, compare /ppp/active/print with /interface/pppoe-server/print: a session without an interface cannot be counted',
    ),
    ...refused,
  ]
}

/** How much is shown of a value that no known router writes. */
const SHOWN_CHARACTERS = 40

function findingsOfUnreadable(service: Service, { unreadable }: ReadService): readonly Finding[] {
  const [first] = unreadable
  if (!first) return []
  const { rowId = 'a row without .id', property, value } = first
  const shown = value === undefined ? 'absent' : quoted(value.slice(0, SHOWN_CHARACTERS))
  const rows = unreadable.length === 1 ? 'row' : 'rows'
  return [
    warning(
      `${unreadable.length} ${service} ${rows} cannot be read, such as ${rowId}: its ${property} is ${shown}`,
      `look at ${printsOf(service)}: the traffic of such a session is counted once its row can be read; if it persists, update RouterOS`,
    ),
  ]
}

/** The commands that show what a service is read from. */
function printsOf(service: Service): string {
  const menus = REGISTERED.find(({ name }) => name === service)?.menus ?? []
  return menus.map(menu => `${menu}/print`).join(' and ')
}

/** Warns if the setting decides who is billed. */
function findingsOfDomains({ hotspotDomain }: RouterConfig, { domains }: ReadService): readonly Finding[] {
  if (domains?.shared === undefined) return []
  const [are, others, other] =
    hotspotDomain === 'part' ? ['two subscribers', 'one', 'ignore'] : ['one subscriber', 'two', 'part']
  return [
    warning(
      `${quoted(domains.shared)} is online with more than one domain, or with and without: ${are} with hotspot_domain: ${hotspotDomain}`,
      `if they are ${others}, set hotspot_domain: ${other} on the router, its tenant or at the top`,
    ),
  ]
}

function findingsOfRights({ username }: RouterConfig, rights: Rights | undefined): readonly Finding[] {
  if (!rights) return []
  const more = rights.policies.filter(it => !NEEDED_POLICIES.includes(it))
  if (more.length === 0) return []
  return [
    warning(
      `its user may do more than read: group ${quoted(rights.group)} has ${more.join(', ')}`,
      `give ${quoted(username)} a separate group: /user/group/add name=usage policy=${leastPolicy()}`,
    ),
  ]
}

const FAST_TRACK = warning(
  'a fasttrack-connection rule is enabled: its traffic bypasses the hotspot and is not counted',
  '/ip/firewall/filter/disable [find action=fasttrack-connection], or exclude hotspot traffic from it',
)

function findingsOfCertificate({ certificate }: RouterProbe, now: Date): readonly Finding[] {
  if (!certificate) return []
  const leftMs = certificate.validTo.getTime() - now.getTime()
  if (leftMs > CERTIFICATE_LEFT_MS) return []
  const day = certificate.validTo.toISOString().slice(0, 10)
  return [warning(`its certificate is valid until ${day}`, NEW_CERTIFICATE)]
}

function findingsOfClock({ clockOffsetSeconds }: RouterProbe): readonly Finding[] {
  if (clockOffsetSeconds === undefined || Math.abs(clockOffsetSeconds) < CLOCK_OFF_SECONDS) return []
  const way = clockOffsetSeconds > 0 ? 'ahead' : 'behind'
  return [
    warning(
      `its clock is ${Math.abs(clockOffsetSeconds)} s ${way} of ours, or ours is wrong; usage does not depend on it`,
      '/system/ntp/client/set enabled=yes, and timedatectl on this machine',
    ),
  ]
}

function fault(what: string, advice: string): Finding {
  return { severity: 'fault', what, advice }
}

function warning(what: string, advice: string): Finding {
  return { severity: 'warning', what, advice }
}
