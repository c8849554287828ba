import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Asked, GROUPS } from './asked.ts'
import { exchange } from './exchange.ts'
import { Servers } from './servers.ts'

/**
 * Compares every answer of the HTTP server and the control socket, except its date, with a recording. To record again and
 * see what changed: `npm test -- test/api/answers -u && git diff test/api/answers`
 */

const servers = new Servers()
beforeAll(() => servers.start())
afterAll(() => servers.stop())

const LONGEST_LINE = 100

/** The text of the request, in Latin-1. */
function requestOf({ line, as, headers = [], body, next }: Asked, etag: string): string {
  const sent = headers.map(it => it.replace('{etag}', etag))
  const isMeasured = body === undefined || sent.some(it => /^(?:Content-Length|Transfer-Encoding):/.test(it))
  const all = [
    line.includes(' HTTP/') ? line : `${line} HTTP/1.1`,
    ...(line.includes(' HTTP/') ? [] : ['Host: tikmeter']),
    ...(as === undefined ? [] : [`Authorization: Bearer ${as}`]),
    ...sent,
    ...(isMeasured ? [] : [`Content-Length: ${body.length}`]),
  ]
  const rest = next === undefined ? '' : requestOf(next, etag)
  return `${all.join('\r\n')}\r\n\r\n${body ?? ''}${rest}`
}

function methodsOf({ line, next }: Asked): readonly string[] {
  return [line.split(' ', 1)[0] ?? '', ...(next === undefined ? [] : methodsOf(next))]
}

async function answerTo(to: number | string, asked: Asked, etag = ''): Promise<string> {
  const answer = await exchange(to, {
    ...{ request: requestOf(asked, etag), methods: methodsOf(asked) },
    isHalfClosed: asked.isHalfClosed ?? false,
    onBody: () => servers.usage.breakOff(),
  })
  if (asked.isBodyLeftOut !== true) return answer
  return answer.replace(/^(content-length: )\d+$/m, '$1…').replace(/\n\n.*?(?=\n-- |\nHTTP)/s, '\n\n…')
}

/** The request as a title: a line for each of its parts. */
function titleOf({ line, as, headers = [], body, next, isHalfClosed }: Asked): string {
  const parts = [
    line,
    ...(as === undefined ? [] : [`as ${as}`]),
    ...headers,
    ...(body === undefined ? [] : [body === '' ? '(an empty body)' : body.replaceAll('\r\n', '\\r\\n')]),
    ...(isHalfClosed ? ['(the end of our side)'] : []),
  ]
  const shown = parts.map(it => (it.length > LONGEST_LINE ? `${it.slice(0, 60)}… (${it.length})` : it))
  return [...shown.map(it => `> ${it}`), ...(next === undefined ? [] : [titleOf(next)])].join('\n')
}

test.each(GROUPS)('$name: the answers are those that were recorded', async ({ name, server, asked }) => {
  const to = servers.at(server)
  const recorded: string[] = []
  for (const each of asked) {
    const plain =
      each.etagOf === undefined ? '' : await answerTo(to, { line: `GET ${each.etagOf}`, as: 'acme' })
    const etag = /^etag: (.+)$/m.exec(plain)?.[1] ?? ''
    recorded.push(`${titleOf(each)}\n${await answerTo(to, each, etag)}\n`)
  }
  await expect(recorded.join('\n')).toMatchFileSnapshot(`recorded/${name}.txt`)
})
