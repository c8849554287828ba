import type { Command } from 'commander'
import { configFileOf } from './arguments.ts'
import { complete } from './completion.ts'
import { configNames } from './config-names.ts'

/** Completes a line for a shell, as its script reads it. There is never an error in that line. */
export async function completionLines(
  program: Command,
  typed: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  const namesIn = async (file: string | undefined) => configNames(configFileOf(file, env))
  const completion = await complete(program, typed, namesIn)
  if (completion.kind === 'file') return [':files']
  return completion.candidates.map(({ word, description }) => `${word}\t${description}`)
}
