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

/** @param since the RouterOS that has to know the policies: 6 has no `rest-api` */
export function leastPolicy(since: 6 | 7 = 7): string {
  const others = OTHER_POLICIES.filter(it => since === 7 || it !== 'rest-api')
  return [...NEEDED_POLICIES, ...others.map(it => `!${it}`)].join(',')
}

/** A name as the console accepts it. */
export function quoted(name: string): string {
  return /^[\w-]+$/.test(name) ? name : `"${name.replaceAll(/["\\$]/g, '\\$&')}"`
}

/** A text as the console accepts it when it is pasted: what it might act on, such as `?`, is written in hex. */
export function consoleText(text: string): string {
  if (/^[\w-]+$/.test(text)) return text
  const bytes = Array.from(Buffer.from(text), byte => {
    const character = String.fromCharCode(byte)
    return /[\w .:/@+,=()-]/.test(character)
      ? character
      : `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`
  })
  return `"${bytes.join('')}"`
}
