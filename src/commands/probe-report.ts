import type { RouterConfig } from '../config/config.ts'
import type { ConfiguredRouter } from '../config/difference.ts'
import type { RouterError } from '../routeros/errors.ts'
import type { ProbedDomains, RouterProbe, ServiceProbe } from '../routeros/probe-router.ts'
import { printable } from '../runtime/printable.ts'
import { SERVICE_NAMES } from '../services/services.ts'
import { type Finding, isFaulty } from './findings.ts'

/** A router and the result of probing it. */
export interface Probed extends ConfiguredRouter {
  /** `undefined` if the login failed. */
  readonly probe: RouterProbe | undefined
  readonly findings: readonly Finding[]
  /** Why the login failed. */
  readonly error?: RouterError
}

/** A block of text: the router, its properties and its findings. */
export function probedText({ tenant, router, probe, findings }: Probed): string {
  const head = `${tenant.id}/${router.id}  ${router.host}:${router.port}${router.tls ? ' (TLS)' : ''}`
  const lines = [
    `${head}  ${isFaulty(findings) ? 'FAILED' : 'ok'}`,
    ...(probe ? aboutLines(probe, router) : []),
  ]
  for (const { severity, what, advice } of findings)
    lines.push(`  ${severity === 'fault' ? '✗' : '!'} ${printable(what)}`, `    → ${printable(advice)}`)
  return `${lines.join('\n')}\n`
}

function aboutLines(probe: RouterProbe, router: RouterConfig): readonly string[] {
  const { identity, version, uptimeSeconds, latencyMs, services, rights, certificate } = probe
  const name = printable(identity) || 'no identity'
  const lines = [
    `  ${name}, RouterOS ${printable(version)}, up ${span(uptimeSeconds)}, answers in ${latencyMs.toFixed(1)} ms`,
  ]
  if (rights)
    lines.push(`  rights   ${printable(rights.policies.join(', '))} (group ${printable(rights.group)})`)
  if (certificate) lines.push(`  sha256   ${certificate.fingerprint}`)
  for (const service of SERVICE_NAMES) {
    const probed = services[service]
    if (probed) lines.push(`  ${service.padEnd(7)}  ${serviceText(probed)}`)
    if (probed?.kind === 'read' && probed.domains) lines.push(domainLine(probed.domains, router))
  }
  return lines
}

function serviceText(probe: ServiceProbe): string {
  switch (probe.kind) {
    case 'missing':
      return 'not on this router'
    case 'failed':
      return 'could not be read'
    case 'read':
      return probe.sessions === 0
        ? 'nobody online'
        : `${probe.sessions} online, ${probe.withCounters} with counters`
    default:
      return probe satisfies never
  }
}

/** Shows under which name logins with a domain are counted: the setting must be right before anybody is billed. */
function domainLine({ count, example }: ProbedDomains, { hotspotDomain }: RouterConfig): string {
  const logins = count === 1 ? '1 login has one' : `${count} logins have one`
  const name = printable(example[hotspotDomain])
  return `  domains  ${logins}: ${printable(example.part)} is counted as ${name} (hotspot_domain: ${hotspotDomain})`
}

/** The last line: how many routers can be read. */
export function summaryOf(all: readonly Probed[]): string {
  const faulty = all.filter(it => isFaulty(it.findings)).length
  const warned = all.filter(it => it.findings.some(({ severity }) => severity === 'warning')).length
  return `${all.length - faulty} of ${all.length} can be read${warned === 0 ? '' : `, ${warned} with warnings`}`
}

/** A router in the output of `--json`; absent values are `null`. */
export function probedJson({ tenant, router, probe, findings }: Probed): object {
  const { rights, certificate } = probe ?? {}
  return {
    tenant: tenant.id,
    router: router.id,
    host: router.host,
    port: router.port,
    ok: !isFaulty(findings),
    identity: probe?.identity ?? null,
    version: probe?.version ?? null,
    serial: probe?.serial ?? null,
    uptime_seconds: probe?.uptimeSeconds ?? null,
    latency_ms: probe?.latencyMs ?? null,
    clock_offset_seconds: probe?.clockOffsetSeconds ?? null,
    fasttrack: probe?.isFastTracked ?? null,
    rights: rights ? { group: rights.group, policies: rights.policies } : null,
    certificate: certificate
      ? {
          subject: certificate.subject,
          valid_to: certificate.validTo.toISOString(),
          sha256: certificate.fingerprint,
        }
      : null,
    services: Object.fromEntries(
      SERVICE_NAMES.flatMap(service => {
        const probed = probe?.services[service]
        return probed ? [[service, serviceJson(probed)]] : []
      }),
    ),
    findings,
  }
}

function serviceJson(probe: ServiceProbe): object {
  switch (probe.kind) {
    case 'missing':
      return { state: 'missing' }
    case 'failed':
      return { state: 'failed', error: probe.error.message }
    case 'read':
      return {
        ...{ state: 'read', sessions: probe.sessions, with_counters: probe.withCounters },
        ...{ unreadable: probe.unreadable.length, with_domain: probe.domains?.count ?? 0 },
        missing_menus: probe.missingMenus,
      }
    default:
      return probe satisfies never
  }
}

/** The two largest units: `3w2d`, `4h5m`. */
function span(seconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['w', 604_800],
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ]
  let rest = seconds
  const parts = units.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? [] : [`${count}${unit}`]
  })
  return parts.slice(0, 2).join('') || '0s'
}
