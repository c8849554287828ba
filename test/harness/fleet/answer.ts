import type { Faults } from './faults.ts'
import { LISTENED } from './listen.ts'
import type { Login, LoginRules } from './login.ts'
import type { Menu } from './menu.ts'
import { rawText } from './name.ts'
import { type Answer, absentMenu, print, refuse, trap, type Version } from './print.ts'
import type { Request } from './request.ts'
import type { Sessions } from './sessions.ts'
import type { Sight } from './sight.ts'

/** What a connection needs to answer requests. */
export interface Served extends LoginRules {
  readonly version: Version
  readonly isInterleaving: boolean
  readonly faults: Faults
  readonly sessions: Sessions
  readonly menus: ReadonlyMap<string, Menu>
  readonly onCommand: (request: Request) => void
  readonly onLogin: () => void
}

/** Lazy: nothing is read before the first sentence is requested, so the answer is as of then. */
export function* answer(request: Request, login: Login, served: Served, sights: Sight[]): Answer {
  if (served.faults.hasJunk) return yield* withJunk(plain(request, login, served, sights))
  return yield* plain(request, login, served, sights)
}

function* plain(request: Request, login: Login, served: Served, sights: Sight[]): Answer {
  const { menu, verb } = request
  const path = `${menu}/${verb}`
  if (path === '/login') return yield* login.answer(request, served.onLogin)
  const { user } = login
  if (!user) {
    yield ['!fatal', 'not logged in']
    return 'fatal'
  }
  if (path === '/quit') {
    yield ['!fatal', 'session terminated on request']
    return 'fatal'
  }
  const failure = served.faults.takeFailure(request)
  if (failure) {
    for (const message of failure.messages) yield trap(rawText(message), failure.category)
    yield ['!done']
    return 'refused'
  }
  const found = served.menus.get(menu)
  if (!found) return yield* absentMenu(menu, served.menus.keys(), served.version)
  if (!user.policy.includes('read')) return yield* refuse('not enough permissions (9)')
  if (verb === 'listen' && LISTENED.includes(menu)) return 'listening'
  if (verb === 'print' || verb === 'getall') return yield* print(found, request, served.version, sights)
  return yield* refuse('no such command')
}

const STRANGERS = 'tag-of-nobody'

/** Adds what clients must tolerate: unknown reply words, rows without words, and replies with an unknown tag. */
function* withJunk(sentences: Answer): Answer {
  yield ['!weird', '=message=of a later version']
  for (;;) {
    const next = sentences.next()
    if (next.done === true) return next.value
    yield ['!re']
    yield ['!re', '=.id=*FF', `.tag=${STRANGERS}`]
    yield ['!done', `.tag=${STRANGERS}`]
    yield next.value
  }
}
