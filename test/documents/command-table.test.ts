import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { readDocument } from './documents.ts'
import { idleCommandLine } from './parse-line.ts'

/** Options that all commands have. */
const COMMON = new Set(['--config', '--help'])

/** The first cells of the table in `docs/commands.md`, by command. */
const rows = new Map(
  Array.from(
    readDocument('docs/commands.md').prose.matchAll(/^\| `tikmeter ([^`]+)` \|/gm),
    ([, cell = '']) => {
      const synopsis = cell.replaceAll('\\|', '|')
      return [/^[a-z]+/.exec(synopsis)?.[0] ?? '', synopsis] as const
    },
  ),
)

const { commands } = idleCommandLine()
const shown = commands.filter(it => it.name() !== 'complete')

test('the table has each command, and no other', () => {
  expect([...rows.keys()].sort()).toEqual(shown.map(it => it.name()).sort())
})

test.each(shown.map(command => ({ name: command.name(), command })))(
  'the row of $name has its options and choices',
  ({ name, command }) => {
    const row = rows.get(name) ?? ''
    const options = command.options.map(it => it.long ?? '').filter(it => !COMMON.has(it))
    expect(Array.from(row.matchAll(/--[a-z-]+/g), ([it]) => it).sort()).toEqual(options.sort())
    for (const choices of choicesOf(command)) expect(row).toContain(choices.join('|'))
  },
)

/** The choices of arguments and options, but for those that a row only names. */
function choicesOf(command: Command): readonly (readonly string[])[] {
  const ofOptions = command.options.filter(it => it.long !== '--kind').map(it => it.argChoices)
  return [...command.registeredArguments.map(it => it.argChoices), ...ofOptions].flatMap(it =>
    it ? [it] : [],
  )
}
