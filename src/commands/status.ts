import type { Clock } from '../runtime/clock.ts'
import { printableJson } from '../runtime/printable.ts'
import { askDaemon } from './daemon-answer.ts'
import type { Status } from './status-answer.ts'
import { statusText } from './status-table.ts'
import type { Terminal } from './terminal.ts'

export interface StatusCommand {
  /** The control socket of the daemon; `undefined` if its path is too long for a socket. */
  readonly socket: string | undefined
  readonly isJson: boolean
  /** Leaves out the other daemons and their routers. */
  readonly isHereOnly: boolean
  /** Repeats until the signal aborts. */
  readonly isWatching: boolean
  readonly terminal: Terminal
  readonly clock: Clock
  readonly signal: AbortSignal
}

const WATCH_EVERY_MS = 2_000
const ANSWER_WITHIN_MS = 10_000

/**
 * Prints the state of the daemon and its routers, the worst first.
 * @throws NoDaemon
 */
export async function status(command: StatusCommand): Promise<void> {
  const { isJson, isWatching, terminal, clock, signal } = command
  do {
    const all = await askDaemon(command.socket, ANSWER_WITHIN_MS)
    const answer = command.isHereOnly ? onlyHere(all) : all
    const text = isJson ? printableJson(JSON.stringify(answer)) : statusText(answer, terminal.columns)
    if (isWatching && !isJson) terminal.repaint(text)
    else terminal.print(text)
    if (isWatching) await clock.sleep(WATCH_EVERY_MS, signal)
  } while (isWatching && !signal.aborted)
}

function onlyHere(status: Status): Status {
  return {
    ...status,
    daemons: status.daemons.filter(it => it.is_here),
    routers: status.routers.filter(it => it.is_here),
  }
}
