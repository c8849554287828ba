import type { Menu, Row } from './menu.ts'
import { matches } from './query.ts'
import type { Request, Sentence } from './request.ts'
import type { Sight } from './sight.ts'

/**
 * How an answer ended:
 *
 *     whole      everything, and `!done`
 *     refused    a trap: rights, a fault, an interruption
 *     absent     the trap for a menu that this router does not have
 *     listening  continues until it is cancelled
 *     fatal      the connection closes
 */
export type Outcome = 'whole' | 'refused' | 'absent' | 'listening' | 'fatal'

/** Sentences that are made one by one when they are sent. */
export type Answer = Generator<Sentence, Outcome>

export type Version = '6.49' | '7.20'

export function trap(message: string, category?: number): Sentence {
  return category === undefined
    ? ['!trap', `=message=${message}`]
    : ['!trap', `=category=${category}`, `=message=${message}`]
}

export function* refuse(message: string, category?: number): Answer {
  yield trap(message, category)
  yield ['!done']
  return 'refused'
}

const ALWAYS_TAKEN = ['.proplist', 'count-only', 'detail', 'without-paging']

/** @param sights gets the sights of each row when it is made */
export function* print(menu: Menu, request: Request, version: Version, sights: Sight[]): Answer {
  for (const key of request.attributes.keys())
    if (!ALWAYS_TAKEN.includes(key) && !menu.parameters.includes(key))
      return yield* refuse(`unknown parameter ${key}`)
  const wanted = proplist(request)
  const isCount = request.attributes.has('count-only')
  let count = 0
  for (const row of menu.rows()) {
    if (!matches(request.queries, key => row.value(key))) continue
    if (!isCount) sights.push(...row.sights(new Set(wanted ?? row.keys)))
    if (row.isHidden) continue
    count++
    if (isCount) continue
    yield ['!re', ...properties(row, wanted, version)]
  }
  // Since 7.18 an empty reply says so; older versions just end.
  if (count === 0 && !isCount && version === '7.20') yield ['!empty']
  yield isCount ? ['!done', `=ret=${count}`] : ['!done']
  return 'whole'
}

export function proplist(request: Request): readonly string[] | undefined {
  const list = request.attributes.get('.proplist')
  return list === undefined || list === '' ? undefined : list.split(',')
}

/**
 * Leaves out properties without a value. RouterOS does not promise an order, so 7.20 uses the one of the proplist, and
 * 6.49 its own.
 */
export function properties(row: Row, wanted: readonly string[] | undefined, version: Version): string[] {
  const keys =
    wanted === undefined || version === '7.20'
      ? (wanted ?? row.keys)
      : row.keys.filter(k => wanted.includes(k))
  const words: string[] = []
  for (const key of keys) {
    const value = row.value(key)
    if (value !== undefined) words.push(`=${key}=${value}`)
  }
  return words
}

/** The trap for a missing menu, in the words of each version. */
export function absentMenu(menu: string, present: Iterable<string>, version: Version): Answer {
  if (version === '6.49') return refuseAbsent('no such command prefix')
  const known = [...present]
  let path = ''
  for (const part of menu.split('/').slice(1)) {
    path += `/${part}`
    const prefix = path
    if (!known.some(it => it === prefix || it.startsWith(`${prefix}/`)))
      return refuseAbsent(`no such command or directory (${part}), no such command prefix`)
  }
  return refuseAbsent('no such command prefix')
}

function* refuseAbsent(message: string): Answer {
  yield* refuse(message)
  return 'absent'
}
