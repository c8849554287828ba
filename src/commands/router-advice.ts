import type { RouterConfig } from '../config/config.ts'
import {
  type Distrust,
  OutOfDescriptors,
  RouterCertificateRefused,
  type RouterError,
  RouterGarbled,
  RouterLoginRefused,
  RouterTimeout,
  RouterTlsFailed,
  RouterTrap,
  RouterUnreachable,
  type TlsObstacle,
} from '../routeros/errors.ts'
import { errorCodeOf } from '../runtime/error-code.ts'
import { groupSet, NEW_CERTIFICATE, quoted, signCertificate } from './router-console.ts'

/** Says how to fix a router that could not be read. */
export function adviceFor({ username, host, tls, timeoutMs }: RouterConfig, error: RouterError): string {
  const service = tls ? 'api-ssl' : 'api'
  if (error instanceof RouterLoginRefused)
    return `check username and password, and that the group of ${quoted(username)} may use the API: ${groupSet(username)}`
  if (error instanceof RouterCertificateRefused) return adviceForCertificate(error.why, host)
  if (error instanceof RouterTlsFailed) return adviceForTls(error.why)
  if (error instanceof RouterGarbled) return `check that port is the one of ${service}: /ip/service/print`
  if (error instanceof RouterTimeout) return adviceForTimeout(error.waitedFor, timeoutMs)
  if (error instanceof RouterUnreachable) return adviceForUnreachable(errorCodeOf(error.cause), host, service)
  if (error instanceof RouterTrap && error.isMissingRight) return groupSet(username)
  if (error instanceof OutOfDescriptors) return 'run this again with a higher limit: ulimit -n'
  return 'try again; if it persists, look at the router’s log: /log/print'
}

function adviceForTimeout(waitedFor: RouterTimeout['waitedFor'], timeoutMs: number): string {
  switch (waitedFor) {
    case 'handshake':
      return `${OTHER_PORT}; if it is, the router may be slow: set its timeout to more than ${timeoutMs / 1_000}s`
    case 'login':
      return 'check host and port, and that no firewall drops the connection: /ip/firewall/filter/print where chain=input'
    case 'answer':
      return `set the router's timeout to more than ${timeoutMs / 1_000}s, and look what keeps it busy: /tool/profile`
    default:
      return waitedFor satisfies never
  }
}

function adviceForUnreachable(code: unknown, host: string, service: string): string {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `check host, and that this machine can resolve it: getent hosts ${host}`
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `check host, and the route from this machine: ip route get ${host}`
    default:
      return `check with /ip/service/print on the router that ${service} is enabled, on which port and for which addresses; to enable it: /ip/service/enable ${service}`
  }
}

function adviceForTls(why: TlsObstacle): string {
  switch (why) {
    case 'absent':
      return `${OTHER_PORT}; to read it without TLS, remove tls`
    case 'outdated':
      return 'update RouterOS to 6.49 or later, which supports TLS 1.2: /system/package/update/install'
    case 'other':
      return 'update RouterOS (/system/package/update/install); if it persists, look at the router’s log: /log/print'
    default:
      return why satisfies never
  }
}

const OTHER_PORT =
  'check that port is the one of api-ssl, 8729 unless it was changed, and that api-ssl is enabled: /ip/service/print'

function adviceForCertificate(why: Distrust, host: string): string {
  switch (why) {
    case 'expired':
      return `${NEW_CERTIFICATE}; until then it can be pinned: tls: { fingerprint: SHA256 }`
    case 'not-yet-valid':
      return 'check the clock of this machine: timedatectl'
    case 'another-name':
      return 'set host to a name that is in the certificate, or pin it: tls: { fingerprint: SHA256 }'
    case 'another-pin':
      return 'if its certificate was renewed, pin the new one; if not, somebody may be intercepting the connection'
    case 'none':
      return NEW_CERTIFICATE
    case 'weak':
      return `make a new one that is signed with SHA-256 (${signCertificate(host)}), or pin this one: tls: { fingerprint: SHA256 }`
    case 'unknown-authority':
      return 'name its CA (tls: { ca: FILE }), or pin its certificate (tls: { fingerprint: SHA256 })'
    default:
      return why satisfies never
  }
}
