import type { Argument, Command, Option } from 'commander'
import type { ConfigNames } from './config-names.ts'

/** Candidates for the word at the cursor: some words, or any file. */
export type Completion =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'file' }

export interface Candidate {
  readonly word: string
  readonly description: string
}

/** The values of an option or argument. Names come from the config. */
type Values = Completion | { readonly kind: Named }
/** `routerId` is a router's id without its tenant. */
type Named = 'tenant' | 'router' | 'routerId'

/** The words before the cursor, parsed. */
interface Line {
  readonly command: Command
  /** The option whose value is at the cursor. */
  readonly awaiting: Option | undefined
  readonly options: ReadonlySet<Option>
  readonly argumentCount: number
  readonly configFile: string | undefined
}

const NOTHING: Completion = { kind: 'words', candidates: [] }

/**
 * Completes a command line from the definition of the commands:
 *
 *     us|              commands
 *     usage --b|       options of the command that were not given yet
 *     usage --by d|    values of the option; also --by=d|
 *     probe ac|        values of the argument; without an argument, options
 *
 * @param typed the words after `tikmeter`, the last one at the cursor. Bash splits `--by=d` into three words.
 * @param namesIn reads names from a config, `undefined` for the default one; only called if names are needed
 */
export async function complete(
  program: Command,
  typed: readonly string[],
  namesIn: (configFile: string | undefined) => Promise<ConfigNames>,
): Promise<Completion> {
  const line = lineOf(program, typed.slice(0, -1))
  if (!line) return NOTHING
  const { values, assigned, start } = placeOf(line, program, typed.at(-1) ?? '')
  if (values.kind === 'file') return values
  const all =
    values.kind === 'words' ? values.candidates : candidatesOf(await namesIn(line.configFile), values.kind)
  const candidates = all.filter(it => it.word.startsWith(start))
  return { kind: 'words', candidates: candidates.map(it => ({ ...it, word: assigned + it.word })) }
}

/** @returns `undefined` for an unknown command */
function lineOf(program: Command, before: readonly string[]): Line | undefined {
  let command = program
  let awaiting: Option | undefined
  let argumentCount = 0
  let configFile: string | undefined
  const options = new Set<Option>()
  const take = (option: Option, value: string) => {
    if (option.attributeName() === 'config') configFile = value
  }
  for (const word of before) {
    if (awaiting && word === '=') continue
    if (awaiting) {
      take(awaiting, word)
      awaiting = undefined
    } else if (word.startsWith('-')) {
      const sign = word.indexOf('=')
      const option = optionNamed(command, sign === -1 ? word : word.slice(0, sign))
      if (option) options.add(option)
      if (option && takesValue(option)) {
        if (sign === -1) awaiting = option
        else take(option, word.slice(sign + 1))
      }
    } else if (command === program) {
      const named = visibleCommands(program).find(it => it.name() === word)
      if (!named) return undefined
      command = named
    } else argumentCount++
  }
  return { command, awaiting, options, argumentCount, configFile }
}

/** @returns the values of the word at the cursor: what follows `assigned` and begins with `start` */
function placeOf(
  line: Line,
  program: Command,
  word: string,
): { readonly values: Values; readonly assigned: string; readonly start: string } {
  // Bash splits at "=", so the word at the cursor may be the sign alone.
  if (line.awaiting) return { values: valuesOf(line.awaiting), assigned: '', start: word === '=' ? '' : word }
  const [, assigned, start] = /^(--[^=]+=)(.*)$/s.exec(word) ?? []
  if (assigned === undefined || start === undefined)
    return { values: valuesAt(line, program, word), assigned: '', start: word }
  const option = optionNamed(line.command, assigned.slice(0, -1))
  return { values: option && takesValue(option) ? valuesOf(option) : NOTHING, assigned, start }
}

/** Values of a word that is not the value of an option. */
function valuesAt({ command, options, argumentCount }: Line, program: Command, word: string): Values {
  if (!word.startsWith('-')) {
    if (command === program) return commandsOf(program)
    const argument = command.registeredArguments[argumentCount]
    if (argument) return valuesOfArgument(argument, program)
  }
  return {
    kind: 'words',
    candidates: visibleOptions(command)
      .filter(it => !options.has(it))
      .map(({ long, short, description }) => ({ word: long ?? short ?? '', description })),
  }
}

function valuesOf(option: Option): Values {
  if (option.argChoices) return wordsOf(option.argChoices)
  switch (option.attributeName()) {
    case 'config':
    case 'file':
    case 'passwordFile':
      return { kind: 'file' }
    case 'tenant':
      return { kind: 'tenant' }
    case 'router':
      return { kind: 'routerId' }
    default:
      return NOTHING
  }
}

function valuesOfArgument(argument: Argument, program: Command): Values {
  if (argument.argChoices) return wordsOf(argument.argChoices)
  switch (argument.name()) {
    case 'tenant/router':
      return { kind: 'router' }
    case 'command':
      return commandsOf(program)
    default:
      return NOTHING
  }
}

function candidatesOf(names: ConfigNames, what: Named): readonly Candidate[] {
  switch (what) {
    case 'tenant':
      return names.map(({ id, name }) => ({ word: id, description: name }))
    case 'router':
      return names.flatMap(({ id, name, routers }) => [
        { word: id, description: name },
        ...routers.map(it => ({ word: `${id}/${it.id}`, description: it.name })),
      ])
    case 'routerId': {
      const ids = new Map(names.flatMap(({ routers }) => routers.map(it => [it.id, it.name])))
      return Array.from(ids, ([word, description]) => ({ word, description }))
    }
    default:
      return what satisfies never
  }
}

function commandsOf(program: Command): Completion {
  return {
    kind: 'words',
    candidates: visibleCommands(program).map(it => ({ word: it.name(), description: it.description() })),
  }
}

function wordsOf(choices: readonly string[]): Completion {
  return { kind: 'words', candidates: choices.map(word => ({ word, description: '' })) }
}

function optionNamed(command: Command, name: string): Option | undefined {
  return visibleOptions(command).find(({ long, short }) => name === long || name === short)
}

function takesValue(option: Option): boolean {
  return option.required || option.optional
}

/** Includes `help`, which commander adds. */
function visibleCommands(program: Command): readonly Command[] {
  return program.createHelp().visibleCommands(program)
}

/** Includes `--help`, which commander adds. */
function visibleOptions(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command)
}
