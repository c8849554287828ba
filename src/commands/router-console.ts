import { isIP } from 'node:net'
import { NEEDED_POLICIES } from '../routeros/menus/rights.ts'

/** Commands for the console of a router, for an operator to type. */

export const NEW_CERTIFICATE =
  'make a new one on the router (/certificate/print), and assign it to the service: /ip/service/set api-ssl certificate=NAME'

/** Commands for an up-to-date certificate for the name or address of the router, signed by the CA that exists there. */
export function signCertificate(host: string): string {
  const name = `${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`
  const usage = 'digital-signature,key-encipherment,tls-server'
  return [
    `/certificate/add name=api common-name=${host} subject-alt-name=${name} digest-algorithm=sha256 key-usage=${usage}`,
    '/certificate/sign api ca=CA',
    '/ip/service/set api-ssl certificate=api',
  ].join('; ')
}

/** Grants the group read access over the API. Its other policies stay. */
export function groupSet(username: string): string {
  return `/user/group/set [/user/get ${quoted(username)} group] policy=${NEEDED_POLICIES.join(',')}`
}

/** All other policies, to be removed: a changed group keeps policies that the command does not mention. */
const OTHER_POLICIES = [
  ...['local', 'telnet', 'ssh', 'ftp', 'reboot', 'write', 'policy', 'test', 'winbox', 'password', 'web'],
  ...['sniff', 'sensitive', 'romon', 'rest-api'],
]

export function leastPolicy(): string {
  return [...NEEDED_POLICIES, ...OTHER_POLICIES.map(it => `!${it}`)].join(',')
}

/** A name as the console accepts it. */
export function quoted(name: string): string {
  return /^[\w-]+$/.test(name) ? name : `"${name.replaceAll(/["\\$]/g, '\\$&')}"`
}
