import { request } from 'node:http'
import { json as readJson } from 'node:stream/consumers'
import { readStatus, type Status } from './status-answer.ts'

/** No daemon answers, or something else does. */
export class NoDaemon extends Error {
  override readonly name = 'NoDaemon'
}

/**
 * Reads the status of the running daemon from its control socket.
 * @param socket `undefined` if its path is too long for a socket
 * @throws NoDaemon
 */
export async function askDaemon(socket: string | undefined, withinMs: number): Promise<Status> {
  const answer = readStatus((await askDaemonFor('/status', socket, withinMs)).content)
  if (answer) return answer
  throw new NoDaemon(`the daemon at ${socket} gave an unknown answer: is it the same release?`)
}

/** An answer of the daemon: its HTTP status, and its JSON (`undefined` if it has none). */
export interface DaemonAnswer {
  readonly status: number | undefined
  readonly content: unknown
}

/**
 * Gets one of the pages of the running daemon's control socket.
 * @param socket `undefined` if its path is too long for a socket
 * @throws NoDaemon
 */
export async function askDaemonFor(
  path: '/status' | '/healthz' | '/readyz',
  socket: string | undefined,
  withinMs: number,
): Promise<DaemonAnswer> {
  if (socket === undefined)
    throw new NoDaemon('the path of journal.directory is too long for a socket: give it a shorter one')
  return get(path, socket, withinMs)
}

function get(path: string, socketPath: string, withinMs: number): Promise<DaemonAnswer> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path, timeout: withinMs }, response => {
      const answered = (content?: unknown) => resolve({ status: response.statusCode, content })
      readJson(response).then(answered, () => answered())
    })
    asking.once('timeout', () => asking.destroy(new Error(`no answer within ${withinMs} ms`)))
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
      return `no daemon answers at ${socket}: run this in its working directory and with its config`
    case 'EACCES':
      return `${socket} belongs to another user: run this as the daemon's user or as root`
    default:
      return `the daemon does not answer (${socket}): ${message}`
  }
}
