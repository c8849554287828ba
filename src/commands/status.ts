import { request } from 'node:http'
import { json as readJson } from 'node:stream/consumers'
import type { Clock } from '../runtime/clock.ts'
import { printableJson } from '../runtime/printable.ts'
import { readStatus, type Status } from './status-answer.ts'
import { statusText } from './status-table.ts'
import type { Terminal } from './terminal.ts'

export interface StatusCommand {
  /** Where the daemon answers; `undefined` where its path is too long for a socket. */
  readonly socket: string | undefined
  readonly isJson: boolean
  /** Again and again, until the signal aborts. */
  readonly isWatching: boolean
  readonly terminal: Terminal
  readonly clock: Clock
  readonly signal: AbortSignal
}

const WATCH_EVERY_MS = 2_000
const ANSWER_WITHIN_MS = 10_000

/** No daemon answers, or not one of ours. */
export class NoDaemon extends Error {
  override readonly name = 'NoDaemon'
}

/**
 * Prints how the daemon and its routers are doing, the worst first.
 * @throws NoDaemon
 */
export async function status(command: StatusCommand): Promise<void> {
  const { isJson, isWatching, terminal, clock, signal } = command
  do {
    const answer = await ask(command.socket)
    const text = isJson ? printableJson(JSON.stringify(answer)) : statusText(answer, terminal.columns)
    if (isWatching && !isJson) terminal.repaint(text)
    else terminal.print(text)
    if (isWatching) await clock.sleep(WATCH_EVERY_MS, signal)
  } while (isWatching && !signal.aborted)
}

async function ask(socket: string | undefined): Promise<Status> {
  if (socket === undefined)
    throw new NoDaemon('the path of journal.directory is too long for a socket: give it a shorter one')
  const answer = readStatus(await get(socket))
  if (answer) return answer
  throw new NoDaemon(`the daemon at ${socket} answers otherwise: is it of this release?`)
}

function get(socketPath: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path: '/status', timeout: ANSWER_WITHIN_MS }, response =>
      resolve(readJson(response).catch(() => undefined)),
    )
    asking.once('timeout', () => asking.destroy(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)))
    asking.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new NoDaemon(whyNot(socketPath, cause), { cause })),
    )
    asking.end()
  })
}

function whyNot(socket: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return `no daemon answers at ${socket}: ask in the working directory of a running one, with its config`
    case 'EACCES':
      return `${socket} is another user's: ask as the daemon's user, or as root`
    default:
      return `the daemon does not answer (${socket}): ${message}`
  }
}
