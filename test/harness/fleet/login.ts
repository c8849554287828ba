import { createHash, randomBytes } from 'node:crypto'
import type { Faults } from './faults.ts'
import { rawText } from './name.ts'
import { type Answer, refuse } from './print.ts'
import type { Request } from './request.ts'

/** A user of the router itself, with the rights that matter here. */
export interface RouterUser {
  readonly name: string
  readonly password: string
  readonly policy: readonly string[]
}

export interface LoginRules {
  readonly users: readonly RouterUser[]
  /** Before 6.43: the password is proved with an MD5 over a challenge. */
  readonly isOldStyle: boolean
  readonly faults: Faults
}

/** The login state of one connection. */
export class Login {
  readonly #rules: LoginRules
  #user: RouterUser | undefined
  #challenge: Buffer | undefined

  constructor(rules: LoginRules) {
    this.#rules = rules
  }

  get user(): RouterUser | undefined {
    return this.#user
  }

  /** @param loggedIn called before the `!done` of a successful login */
  *answer(request: Request, loggedIn: () => void): Answer {
    const { attributes } = request
    if (this.#rules.isOldStyle && !attributes.has('response')) {
      // An old router ignores a password that it has not asked for.
      this.#challenge = randomBytes(16)
      yield ['!done', `=ret=${this.#challenge.toString('hex')}`]
      return 'whole'
    }
    const user = this.#rules.users.find(it => rawText(it.name) === attributes.get('name'))
    const isRefused = this.#rules.faults.takeLoginRefusal()
    if (isRefused || !user?.policy.includes('api') || !this.#isProved(user, attributes)) {
      return yield* refuse(this.#rules.isOldStyle ? 'cannot log in' : 'invalid user name or password (6)')
    }
    this.#user = user
    loggedIn()
    yield ['!done']
    return 'whole'
  }

  #isProved(user: RouterUser, attributes: ReadonlyMap<string, string>): boolean {
    if (!this.#rules.isOldStyle) return attributes.get('password') === rawText(user.password)
    if (!this.#challenge) return false
    const md5 = createHash('md5').update(Buffer.of(0)).update(user.password).update(this.#challenge)
    return attributes.get('response') === `00${md5.digest('hex')}`
  }
}
