import { createHash } from 'node:crypto'
import { connect } from 'node:net'

/** A request, byte by byte, and what to do while its answer arrives. */
export interface Exchange {
  /** Latin-1. */
  readonly request: string
  /** The methods of the requests in it, in order. */
  readonly methods: readonly string[]
  /** Whether our side of the connection ends after the request. */
  readonly isHalfClosed: boolean
  /** Called once the headers and some of the body have arrived. */
  readonly onBody: () => void
}

/** One answer: its first line, its headers and its body without the chunks. */
interface Answer {
  readonly status: string
  /** In lower case, sorted, without the date. */
  readonly headers: readonly string[]
  readonly body: Buffer
  /** Whether the body is complete. An answer without a length ends with the connection. */
  readonly isWhole: boolean
  /** Where the next answer begins. */
  readonly end: number
}

const LONGEST_SHOWN = 500
/** Groups of headers that are shown as one line. */
const TOGETHER: readonly (readonly [headers: readonly string[], shown: string])[] = [
  [
    [
      "content-security-policy: default-src 'none'; frame-ancestors 'none'",
      'referrer-policy: no-referrer',
      'x-content-type-options: nosniff',
    ],
    '(no scripts, no referrer, no sniffing)',
  ],
  [['connection: keep-alive', 'keep-alive: timeout=30'], '(keep-alive)'],
]

/**
 * Sends a request on a new connection, and reads until all of it is answered and, if the server announces that, the
 * connection is closed.
 * @param to a TCP port of this machine, or the path of a socket
 * @returns the answers as text, and what became of the connection: `kept`, `closed`, or `broken off` within an answer
 */
export function exchange(
  to: number | string,
  { request, methods, isHalfClosed, onBody }: Exchange,
): Promise<string> {
  return new Promise(resolve => {
    const socket =
      typeof to === 'number' ? connect({ port: to, host: '127.0.0.1', allowHalfOpen: true }) : connect(to)
    let got = Buffer.alloc(0)
    let error = ''
    let isBodyNoted = false
    const finish = (how: string) => {
      socket.destroy()
      resolve([...answersIn(got, methods, true).map(textOf), `-- ${how}`].join('\n'))
    }
    socket.on('data', chunk => {
      got = Buffer.concat([got, chunk])
      const answers = answersIn(got, methods, false)
      const last = answers.at(-1)
      if (!isBodyNoted && last !== undefined && last.body.length > 0) {
        isBodyNoted = true
        onBody()
      }
      const isOver = answers.length === methods.length && last?.isWhole === true
      if (isOver && !last.headers.includes('connection: close')) finish('kept')
    })
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      error = cause.code ?? 'error'
    })
    socket.on('end', () => socket.end())
    socket.on('close', () => {
      const answers = answersIn(got, methods, error === '')
      finish(answers.length > 0 && answers.every(it => it.isWhole) ? 'closed' : `broken off ${error}`.trim())
    })
    if (isHalfClosed) socket.end(request, 'latin1')
    else socket.write(request, 'latin1')
  })
}

/** @param hasEnded whether the connection ended in order, which ends an answer without a length */
function answersIn(got: Buffer, methods: readonly string[], hasEnded: boolean): readonly Answer[] {
  const answers: Answer[] = []
  let at = 0
  for (const method of methods) {
    const answer = answerAt(got, at, method, hasEnded)
    if (answer === undefined) break
    answers.push(answer)
    if (!answer.isWhole) break
    at = answer.end
  }
  return answers
}

function answerAt(got: Buffer, at: number, method: string, hasEnded: boolean): Answer | undefined {
  const headEnd = got.indexOf('\r\n\r\n', at)
  if (headEnd === -1) return undefined
  const [status = '', ...lines] = got.subarray(at, headEnd).toString('latin1').split('\r\n')
  const fields = lines.map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  const headers = fields.filter(([name]) => name !== 'date').map(([name, value]) => `${name}: ${value}`)
  const rest = got.subarray(headEnd + 4)
  const isBare = method === 'HEAD' || / (?:204|304) /.test(status)
  const read = isBare ? { body: Buffer.alloc(0), taken: 0 } : bodyIn(rest, new Map(fields), hasEnded)
  return {
    ...{ status, headers: headers.sort(), body: read.body },
    ...{ isWhole: read.taken !== undefined, end: headEnd + 4 + (read.taken ?? 0) },
  }
}

/** @returns the body so far, and how many bytes it took; `undefined` while it is incomplete */
function bodyIn(
  rest: Buffer,
  headers: ReadonlyMap<string, string>,
  hasEnded: boolean,
): { readonly body: Buffer; readonly taken: number | undefined } {
  if (headers.get('transfer-encoding') === 'chunked') return chunkedBodyIn(rest)
  const length = headers.get('content-length')
  if (length === undefined) return { body: rest, taken: hasEnded ? rest.length : undefined }
  const bytes = Number(length)
  return rest.length < bytes
    ? { body: rest, taken: undefined }
    : { body: rest.subarray(0, bytes), taken: bytes }
}

function chunkedBodyIn(rest: Buffer): { readonly body: Buffer; readonly taken: number | undefined } {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at)
    const bytes = lineEnd === -1 ? Number.NaN : Number.parseInt(rest.subarray(at, lineEnd).toString(), 16)
    const end = lineEnd + 2 + bytes
    if (Number.isNaN(bytes) || rest.length < end + 2) return { body: Buffer.concat(parts), taken: undefined }
    if (bytes === 0) return { body: Buffer.concat(parts), taken: end + 2 }
    parts.push(rest.subarray(lineEnd + 2, end))
    at = end + 2
  }
}

function textOf({ status, headers, body }: Answer): string {
  const together = TOGETHER.filter(([names]) => names.every(it => headers.includes(it)))
  const left = headers.filter(it => !together.some(([names]) => names.includes(it)))
  const lines = [status, ...together.map(([, text]) => text), ...left]
  return [...lines, ...(body.length === 0 ? [] : ['', shown(body)])].join('\n')
}

function shown(body: Buffer): string {
  if (body.length <= LONGEST_SHOWN) return body.toString('utf8').replaceAll('\r\n', '\\r\\n\n').trimEnd()
  return `(${body.length} bytes, SHA-256 ${createHash('sha256').update(body).digest('hex').slice(0, 16)})`
}
