import type { RouterConfig } from '../config/config.ts'
import {
  RouterCertificateRefused,
  type RouterError,
  RouterLoginRefused,
  RouterTimeout,
  RouterTlsFailed,
  RouterTrap,
  RouterUnreachable,
} from '../routeros/errors.ts'
import { NEEDED_POLICIES } from '../routeros/menus/rights.ts'
import type { RouterProbe } from '../routeros/probe-router.ts'
import { consoleText, leastPolicy } from './router-console.ts'

/** A router as a probe found it. */
export interface Found {
  readonly router: RouterConfig
  readonly probe: RouterProbe | undefined
  readonly error?: RouterError
}

const CERTIFICATE_LEFT_MS = 30 * 86_400_000
/** Policies of somebody who administers the router. */
const OF_ADMINS = ['write', 'policy']

/**
 * The lines for the terminal of a router, RouterOS 6.43 or later, that set up what it lacks; none if it lacks nothing.
 * They may be pasted twice.
 * @param ours the address of this machine; `undefined`: not known
 * @param now our clock
 */
export function routerScript(found: Found, ours: string | undefined, now: Date): readonly string[] {
  const lines = found.probe ? linesForRead(found.router, found.probe, now) : linesForError(found)
  if (lines.length === 0) return []
  const text = lines.join('\n')
  const password = text.includes('$password') ? [':local password "CHANGE ME"'] : []
  const daemon = text.includes('$daemon') ? [`:local daemon ${consoleText(ours ?? 'CHANGE ME')}`] : []
  return ['{', ...password, ...daemon, ...lines, '}']
}

function linesForError({ router, error }: Found): readonly string[] {
  if (error instanceof RouterLoginRefused) return userLines(router.username)
  if (error instanceof RouterCertificateRefused)
    return ['none', 'expired', 'weak'].includes(error.why) ? newCertificateLines('tikmeter-new') : []
  const isAbsent =
    error instanceof RouterUnreachable ||
    error instanceof RouterTimeout ||
    (error instanceof RouterTlsFailed && error.why === 'absent')
  return isAbsent ? [...userLines(router.username), ...serviceLines(router)] : []
}

function linesForRead(router: RouterConfig, probe: RouterProbe, now: Date): readonly string[] {
  const { certificate, isOpen } = probe
  const isExpiring = certificate && certificate.validTo.getTime() - now.getTime() < CERTIFICATE_LEFT_MS
  const rights = rightsLines(router, probe)
  const user = consoleText(router.username)
  const isReplaced = rights.some(line => line.startsWith('#'))
  return [
    ...rights,
    ...(isOpen === true && !isReplaced ? [`/user set [/user find name=${user}] address=$daemon`] : []),
    ...(isExpiring ? newCertificateLines(`tikmeter-${now.toISOString().slice(0, 10)}`) : []),
  ]
}

function rightsLines({ username }: RouterConfig, { rights, services }: RouterProbe): readonly string[] {
  const user = consoleText(username)
  const isRefused = Object.values(services).some(
    it => it?.kind === 'failed' && it.error instanceof RouterTrap && it.error.isMissingRight,
  )
  if (isRefused)
    return [`/user group set [/user get [/user find name=${user}] group] policy=${NEEDED_POLICIES.join(',')}`]
  const more = rights?.policies.filter(it => !NEEDED_POLICIES.includes(it)) ?? []
  if (rights === undefined || more.length === 0) return []
  if (more.some(it => OF_ADMINS.includes(it))) {
    const name = username === 'usage' ? 'tikmeter' : 'usage'
    return [
      `# Then set username: ${name} in the config: ${user} may change the router, and stays as it is.`,
      ...userLines(name),
    ]
  }
  const group = rights.group === 'usage' ? 'tikmeter' : 'usage'
  return [groupLine(group), `/user set [/user find name=${user}] group=${group}`]
}

function groupLine(name: string): string {
  const group = consoleText(name)
  return `:if ([:len [/user group find name=${group}]] = 0) do={ /user group add name=${group} policy=${leastPolicy(6)} }`
}

/** A user with read access only, who has the password of the config. */
function userLines(name: string): readonly string[] {
  const user = consoleText(name)
  return [
    groupLine(name),
    `:if ([:len [/user find name=${user}]] = 0) do={ /user add name=${user} group=${user} address=$daemon password=$password } else={ /user set [/user find name=${user}] password=$password }`,
  ]
}

function serviceLines({ tls, port }: RouterConfig): readonly string[] {
  if (!tls) return [`/ip service set api port=${port} address=$daemon disabled=no`]
  return [
    ...newCertificateLines('tikmeter'),
    `/ip service set api-ssl port=${port} address=$daemon disabled=no`,
  ]
}

/** A certificate for ten years, and its assignment. Small routers take a minute to sign. */
function newCertificateLines(name: string): readonly string[] {
  const usage = 'digital-signature,key-encipherment,tls-server'
  return [
    '# Then pin the certificate that "tikmeter probe" shows: tls: { fingerprint: … }',
    `:if ([:len [/certificate find name=${name}]] = 0) do={ /certificate add name=${name} common-name=[/system identity get name] days-valid=3650 digest-algorithm=sha256 key-usage=${usage}; /certificate sign ${name}; :delay 5s }`,
    `/ip service set api-ssl certificate=${name}`,
  ]
}
