import { errorCodes, type FastifyInstance } from 'fastify'
import { problem, type Reply } from './reply.ts'

/** The fields of a form. If one is sent twice, the last value counts. */
export type Form = ReadonlyMap<string, string>

export const MAX_FORM_BYTES = 4096
const LIMITED = { parseAs: 'string', bodyLimit: MAX_FORM_BYTES } as const
/** The rest of a body that nobody reads is not waited for. */
const CLOSING = { Connection: 'close' }

/** The body is not what its content type says. The message is for its sender. */
class UnreadableForm extends Error {
  override readonly name = 'UnreadableForm'
}

const PARSERS: Readonly<Record<string, (body: string) => Form>> = {
  'application/x-www-form-urlencoded': body => new Map(new URLSearchParams(body)),
  'application/json': jsonForm,
}

/** The answer to a body of another type, or to none. */
export const NOT_A_FORM = problem(415, `the body must be ${Object.keys(PARSERS).join(' or ')}`, CLOSING)

/** Makes POST routes read forms only: as browsers encode them, or a JSON object, whose strings are the fields. */
export function readForms(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  for (const [type, parse] of Object.entries(PARSERS))
    app.addContentTypeParser<string>(type, LIMITED, async (_: unknown, body: string) => parse(body))
}

/** @throws UnreadableForm */
function jsonForm(text: string): Form {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null) throw new UnreadableForm('the body is not a JSON object')
  return new Map(
    Object.entries(value).filter((field): field is [string, string] => typeof field[1] === 'string'),
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UnreadableForm('the body is not JSON')
  }
}

/** The answer to a body that cannot be read; `undefined` for any other error. */
export function formFault(error: unknown): Reply | undefined {
  if (error instanceof UnreadableForm) return problem(400, error.message, CLOSING)
  if (error instanceof errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE) return NOT_A_FORM
  if (error instanceof errorCodes.FST_ERR_CTP_BODY_TOO_LARGE)
    return problem(413, `the body may have at most ${MAX_FORM_BYTES} bytes`, CLOSING)
  return undefined
}
