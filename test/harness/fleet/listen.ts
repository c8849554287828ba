import type { Served } from './answer.ts'
import { properties, proplist } from './print.ts'
import type { Request, Sentence } from './request.ts'
import { HotspotSession, PppSession } from './session.ts'
import type { SessionChange } from './sessions.ts'

/** The menus that support `listen`. */
export const LISTENED: readonly string[] = ['/ip/hotspot/active', '/ppp/active']

/**
 * Reports new sessions with their row, and gone ones with only the id.
 * @returns a function that stops it
 */
export function listen(request: Request, served: Served, say: (sentence: Sentence) => void): () => void {
  const wanted = proplist(request)
  return served.sessions.onChange(change => {
    const id = idIn(request.menu, change)
    if (id === undefined) return
    if (change.kind === 'removed') {
      say(['!re', `=.id=${id}`, served.version === '6.49' ? '=.dead=yes' : '=.dead=true'])
      return
    }
    for (const row of served.menus.get(request.menu)?.rows() ?? [])
      if (row.value('.id') === id) say(['!re', ...properties(row, wanted, served.version)])
  })
}

function idIn(menu: string, { session }: SessionChange): string | undefined {
  if (menu === '/ip/hotspot/active') return session instanceof HotspotSession ? session.id : undefined
  return session instanceof PppSession ? session.id : undefined
}
