import { isIP } from 'node:net'
import { NEEDED_POLICIES } from '../routeros/menus/rights.ts'

/** Commands for a router's own console, as an operator is told to type them there. */

export const NEW_CERTIFICATE =
  'make a new one on the router (/certificate/print), and give it to the service: /ip/service/set api-ssl certificate=NAME'

/** A certificate of today's kind for the name or address by which we call the router, signed by the CA that is there. */
export function signCertificate(host: string): string {
  const name = `${isIP(host) === 0 ? 'DNS' : 'IP'}:${host}`
  const usage = 'digital-signature,key-encipherment,tls-server'
  return [
    `/certificate/add name=api common-name=${host} subject-alt-name=${name} digest-algorithm=sha256 key-usage=${usage}`,
    '/certificate/sign api ca=CA',
    '/ip/service/set api-ssl certificate=api',
  ].join('; ')
}

/** With it the group may read over the API, whatever else it may. */
export function groupSet(username: string): string {
  return `/user/group/set [/user/get ${quoted(username)} group] policy=${NEEDED_POLICIES.join(',')}`
}

/** All others are taken away, as a group that is made has none, and one that is changed keeps what is not told. */
const OTHER_POLICIES = [
  ...['local', 'telnet', 'ssh', 'ftp', 'reboot', 'write', 'policy', 'test', 'winbox', 'password', 'web'],
  ...['sniff', 'sensitive', 'romon', 'rest-api'],
]

export function leastPolicy(): string {
  return [...NEEDED_POLICIES, ...OTHER_POLICIES.map(it => `!${it}`)].join(',')
}

/** As the console takes a name. */
export function quoted(name: string): string {
  return /^[\w-]+$/.test(name) ? name : `"${name.replaceAll(/["\\$]/g, '\\$&')}"`
}
