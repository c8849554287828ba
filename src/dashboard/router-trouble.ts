import type { Router } from '../client/feed.ts'
import { visible } from './visible.ts'

/**
 * A router's problems as text: its overload, its last error unless that is the same, and the menus that it refuses.
 * Empty if there are none.
 */
export function troubleOf({ error, missing_menus = [], overloaded_reason: overload }: Router): string {
  const overloaded = overload === undefined ? [] : [`overloaded: ${overload}`]
  const failed = error === null || error === overload ? [] : [error]
  const refused = missing_menus.map(({ menu, reason }) => `no ${menu}: ${reason}`)
  return visible([...overloaded, ...failed, ...refused].join('; '))
}

/** Routers that need attention come first. */
const ORDER: readonly Router['state'][] = ['offline', 'connecting', 'online', 'disabled']

/** Sorts routers that need attention first, then overloaded ones, then by id. */
export function byNeed(a: Router, b: Router): number {
  return (
    ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
    Number(b.overloaded ?? false) - Number(a.overloaded ?? false) ||
    a.id.localeCompare(b.id, 'en', { numeric: true })
  )
}
