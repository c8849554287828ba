import { expect, test } from 'vitest'
import { type Actions, commandLine } from '../../src/commands/command-line.ts'
import { complete } from '../../src/commands/completion.ts'
import type { ConfigNames } from '../../src/commands/config-names.ts'

const NAMES: ConfigNames = [
  {
    id: 'acme',
    name: 'Acme WISP',
    routers: [
      { id: 'hq', name: 'Head office' },
      { id: 'north', name: '' },
    ],
  },
  { id: 'coast', name: '', routers: [{ id: 'hq', name: '' }] },
]
const done = () => 0
const ACTIONS: Actions = {
  ...{ run: done, check: done, add: done, probe: done, status: done, health: done, usage: done },
  ...{ migrate: done, token: done },
  ...{ events: done, credit: done, psql: done, completion: done, complete: done },
}

/** The words offered for a line with the cursor at its end; `asked` are the configs that were read. */
async function offered(line: string): Promise<{ words: string; asked: unknown[] }> {
  const asked: unknown[] = []
  const program = commandLine('0.0.0', ACTIONS, () => {})
  const completion = await complete(program, line.split(' '), async file => {
    asked.push(file)
    return NAMES
  })
  const words =
    completion.kind === 'file' ? 'a file' : completion.candidates.map(({ word }) => word).join(' ')
  return { words, asked }
}

test.each([
  ['', 'run check add probe status health usage events credit migrate psql token completion help'],
  ['us', 'usage'],
  ['-', '--version --help'],
  ['add ', 'router'],
  ['add router --pa', '--password-stdin --password-file'],
  ['add router --file ', 'a file'],
  ['usage --b', '--by'],
  ['usage --by ', 'day month user router session'],
  ['usage --by d', 'day'],
  ['usage --by=d', '--by=day'],
  ['usage --by day --f', '--from --format'],
  ['usage --by day --b', ''],
  ['usage --user ', ''],
  ['usage --user=a', ''],
  ['events --kind ', 'quarantine baseline discarded glitch'],
  ['events --undecided --fo', '--format'],
  ['credit ', 'accept reject'],
  ['credit r', 'reject'],
  ['credit accept ', ''],
  ['credit accept 12 ', '--config --reason --by --help'],
  ['credit accept 12 --r', '--reason'],
  ['credit accept 12 --reason ', ''],
  ['status ', '--config --here --watch --json --help'],
  ['status --json ', '--config --here --watch --help'],
  ['health ', '--config --ready --help'],
  ['completion ', 'bash zsh fish'],
  ['completion z', 'zsh'],
  ['completion zsh ', '--help'],
  ['help mi', 'migrate'],
  ['check --config ', 'a file'],
  ['check --config=con', 'a file'],
  ['check x', ''],
  ['runn ', ''],
])('“tikmeter %s” offers “%s” without reading the config', async (line, words) => {
  expect(await offered(line)).toEqual({ words, asked: [] })
})

test.each([
  ['probe ', 'acme acme/hq acme/north coast coast/hq'],
  ['probe acme/', 'acme/hq acme/north'],
  ['probe --json c', 'coast coast/hq'],
  ['usage --tenant ', 'acme coast'],
  ['add router --tenant ', 'acme coast'],
  ['usage --tenant=c', '--tenant=coast'],
  ['events --tenant c', 'coast'],
  ['events --router ', 'hq north'],
  ['events --router=n', '--router=north'],
  ['token --tenant a', 'acme'],
])('“tikmeter %s” offers names from the config: “%s”', async (line, words) => {
  expect(await offered(line)).toEqual({ words, asked: [undefined] })
})

test.each(['probe --config other.yaml a', 'probe --config=other.yaml a'])(
  'names come from the config in the line: “tikmeter %s”',
  async line => {
    expect((await offered(line)).asked).toEqual(['other.yaml'])
  },
)

test.each([
  ['usage --by =', 'day month user router session'],
  ['usage --by = d', 'day'],
  ['usage --by = day --f', '--from --format'],
  ['probe --config = other.yaml coast', 'coast coast/hq'],
])('“tikmeter %s” is completed although bash splits words at “=”', async (line, words) => {
  expect((await offered(line)).words).toBe(words)
})

test('each candidate comes with its description from the help', async () => {
  const program = commandLine('0.0.0', ACTIONS, () => {})
  expect(await complete(program, ['pro'], async () => NAMES)).toEqual({
    kind: 'words',
    candidates: [{ word: 'probe', description: 'log in to routers, and report what is wrong with them' }],
  })
  expect(await complete(program, ['probe', 'acme'], async () => NAMES)).toMatchObject({
    candidates: [{ description: 'Acme WISP' }, { description: 'Head office' }, { description: '' }],
  })
})
