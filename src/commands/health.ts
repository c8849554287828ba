import { printableJson } from '../runtime/printable.ts'
import { askDaemonFor } from './daemon-answer.ts'

/** Less than a container's runtime waits. */
const ANSWER_WITHIN_MS = 5_000

/**
 * Prints what `/healthz` or `/readyz` of the running daemon says. It asks on the daemon's own socket, which is the same
 * for every port, address and certificate.
 * @param socket the control socket; `undefined` if its path is too long for a socket
 * @param isAboutParts whether its parts must work too, not only the process
 * @returns whether the daemon is well
 * @throws NoDaemon
 */
export async function health(
  socket: string | undefined,
  isAboutParts: boolean,
  out: { log(text: string): void },
): Promise<boolean> {
  const path = isAboutParts ? '/readyz' : '/healthz'
  const { status, content } = await askDaemonFor(path, socket, ANSWER_WITHIN_MS)
  out.log(printableJson(JSON.stringify(content ?? null)))
  return status === 200
}
