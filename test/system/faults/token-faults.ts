import { SignJWT } from 'jose'
import type { Fault, Means } from './fault.ts'
import { goingOn } from './going-on.ts'
import { SECRET } from './place.ts'
import type { Shown } from './shown.ts'

const HOUR_SECONDS = 3_600

/** What the dashboards' own backend gets wrong in its tokens. The answer says it, and the page shows the answer. */
export const TOKEN_FAULTS: readonly Fault[] = [
  refused({
    what: 'the token begins in the future',
    detail: 'the token is not valid yet (nbf): one of the two clocks may be wrong',
    claims: now => ({ exp: now + 2 * HOUR_SECONDS, nbf: now + HOUR_SECONDS }),
  }),
  refused({
    what: 'the end of the token is in milliseconds',
    detail: 'the exp of the token has to be in seconds, not in milliseconds',
    claims: now => ({ exp: (now + HOUR_SECONDS) * 1000 }),
  }),
  refused({
    what: 'the token has no end',
    detail: 'the token has no exp',
    claims: () => ({}),
  }),
  refused({
    what: 'the token has expired',
    detail: 'the token has expired',
    claims: now => ({ exp: now - HOUR_SECONDS }),
  }),
  refused({
    what: 'the issue of the token is in milliseconds',
    detail: 'the iat of the token has to be in seconds, not in milliseconds',
    claims: now => ({ exp: now + HOUR_SECONDS, iat: now * 1000 }),
  }),
  refused({
    what: 'the issue of the token is in the future',
    auth: { max_age: '1h' },
    detail: 'the token is not issued yet (iat): one of the two clocks may be wrong, or iat is not in seconds',
    claims: now => ({ exp: now + 2 * HOUR_SECONDS, iat: now + HOUR_SECONDS }),
  }),
  refused({
    what: 'the token is signed with another secret',
    detail: 'the token is not valid',
    secret: SECRET.toUpperCase(),
    claims: now => ({ exp: now + HOUR_SECONDS }),
  }),
]

interface Refused {
  readonly what: string
  readonly detail: string
  /** More keys of the config's `auth`. */
  readonly auth?: object
  readonly secret?: string
  /** @param now in seconds */
  readonly claims: (now: number) => Readonly<Record<string, number>>
}

function refused({ what, detail, auth = {}, secret = SECRET, claims }: Refused): Fault {
  return {
    ...{ what, command: 'run', code: null, line: `401: ${detail}` },
    provoke: async means => {
      const token = new SignJWT({ tenant: 'acme', ...claims(Math.floor(Date.now() / 1000)) })
      return answerTo(means, auth, await token.setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret)))
    },
  }
}

async function answerTo({ place, database }: Means, auth: object, token: string): Promise<Shown> {
  const tenants = [{ id: 'acme', routers: [] }]
  await place.configure({ database: { url: database.url }, auth: { secret: SECRET, ...auth }, tenants })
  const { port } = await goingOn(place)
  const response = await fetch(`http://127.0.0.1:${port}/api/dashboard/stats`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const { detail }: { detail: string } = JSON.parse(await response.text())
  return { code: null, line: `${response.status}: ${detail}` }
}
