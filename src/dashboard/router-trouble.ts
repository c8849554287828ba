import type { Router } from '../client/feed.ts'
import { visible } from './visible.ts'

/**
 * What a router has too much of, what it last failed with, which may be just that, and what it refuses, as it can be
 * shown; empty where all is well.
 */
export function troubleOf({ error, missing_menus = [], overloaded_reason: overload }: Router): string {
  const overloaded = overload === undefined ? [] : [`overloaded: ${overload}`]
  const failed = error === null || error === overload ? [] : [error]
  const refused = missing_menus.map(({ menu, reason }) => `no ${menu}: ${reason}`)
  return visible([...overloaded, ...failed, ...refused].join('; '))
}

/** Those that need somebody come first. */
const ORDER: readonly Router['state'][] = ['offline', 'connecting', 'online', 'disabled']

/** For sorting: those that need somebody first, of one state those that are overloaded, and then by their ids. */
export function byNeed(a: Router, b: Router): number {
  return (
    ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
    Number(b.overloaded ?? false) - Number(a.overloaded ?? false) ||
    a.id.localeCompare(b.id, 'en', { numeric: true })
  )
}
