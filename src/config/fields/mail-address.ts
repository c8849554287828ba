import { type Checked, notA, right, wrong } from './checked.ts'

const ADDRESS = 'an address such as noc@isp.example'
/** What every mail server takes: no quotes, no comments, no routes, and nothing that could begin another header. */
const LOCAL = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}$/
const DOMAIN = /^(?=.{1,253}$)[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u

/** A bare mail address, without a name. */
export function mailAddress(value: unknown): Checked<string> {
  if (typeof value !== 'string') return notA(ADDRESS, value)
  if (/[<>]/.test(value)) return wrong(`must be ${ADDRESS}, without a name or "<" and ">"`)
  const at = value.lastIndexOf('@')
  return at > 0 && LOCAL.test(value.slice(0, at)) && DOMAIN.test(value.slice(at + 1))
    ? right(value)
    : notA(ADDRESS, value)
}
