import type { IncomingMessage } from 'node:http'
import { problem, type Reply } from './reply.ts'

/** The fields of a form, each by its last value. */
export type Form = ReadonlyMap<string, string>

export const MAX_FORM_BYTES = 4096
const TYPES = ['application/x-www-form-urlencoded', 'application/json'] as const
/** What is left of a body that nobody reads is not waited for. */
const CLOSING = { Connection: 'close' }

export type Posted =
  | { readonly kind: 'form'; readonly form: Form }
  | { readonly kind: 'fault'; readonly reply: Reply }

/** The form in a request's body: encoded as a browser does it, or a JSON object, of which the strings count. */
export async function readForm(request: IncomingMessage): Promise<Posted> {
  const named = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  const type = TYPES.find(it => it === named)
  if (type === undefined) return fault(415, `the body is ${TYPES.join(' or ')}`)
  const body = await readBody(request)
  if (body.kind === 'too-large') return fault(413, `the body has ${MAX_FORM_BYTES} bytes at the most`)
  if (body.kind === 'cut-off') return fault(400, 'the body was cut off')
  return type === 'application/json'
    ? jsonForm(body.text)
    : { kind: 'form', form: new Map(new URLSearchParams(body.text)) }
}

async function readBody(
  request: IncomingMessage,
): Promise<
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'cut-off' }
> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request) {
      const part: Buffer = chunk
      bytes += part.length
      if (bytes > MAX_FORM_BYTES) return { kind: 'too-large' }
      chunks.push(part)
    }
  } catch {
    // The client went in the middle of it: nobody hears the answer.
    return { kind: 'cut-off' }
  }
  return { kind: 'text', text: Buffer.concat(chunks).toString() }
}

function jsonForm(text: string): Posted {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return fault(400, 'the body is no JSON object')
    const fields = Object.entries(value).filter(
      (field): field is [string, string] => typeof field[1] === 'string',
    )
    return { kind: 'form', form: new Map(fields) }
  } catch {
    return fault(400, 'the body is no JSON')
  }
}

function fault(status: number, detail: string): Posted {
  return { kind: 'fault', reply: problem(status, detail, CLOSING) }
}
