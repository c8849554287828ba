import type { Router } from '../client/feed.ts'
import { visible } from './visible.ts'

/** What a router last failed with, and what it refuses, as it can be shown; empty where all is well. */
export function troubleOf({ error, missing_menus = [] }: Router): string {
  const refused = missing_menus.map(({ menu, reason }) => `no ${menu}: ${reason}`)
  return visible([...(error === null ? [] : [error]), ...refused].join('; '))
}
