import { CommanderError } from 'commander'
import { commandLine } from '../../src/commands/command-line.ts'

/** Faults of a line that is only a part of one. */
const INCOMPLETE = new Set(['commander.missingArgument', 'commander.missingMandatoryOptionValue'])

/** The command line of the program, whose commands do nothing. */
export function idleCommandLine() {
  const done = () => 0
  const actions = {
    ...{ run: done, check: done, add: done, probe: done, status: done, health: done, usage: done },
    ...{
      events: done,
      credit: done,
      migrate: done,
      psql: done,
      token: done,
      completion: done,
      complete: done,
    },
  }
  const program = commandLine('0.0.0', actions, () => {})
  for (const command of [program, ...program.commands])
    command.configureOutput({ writeOut: () => {}, writeErr: () => {} })
  return program
}

/**
 * Why `tikmeter` would refuse these arguments; `undefined` if it would not.
 * @param isWhole whether all that the command needs has to be there
 */
export async function refusal(args: readonly string[], isWhole: boolean): Promise<string | undefined> {
  if (!isWhole && args.length === 0) return undefined
  try {
    await idleCommandLine().parseAsync(['node', 'tikmeter', ...args])
    return undefined
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0 || (!isWhole && INCOMPLETE.has(error.code))) return undefined
    return error.message
  }
}
