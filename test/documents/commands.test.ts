import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { parse } from 'yaml'
import { blocksIn, GUIDES, readDocument, spansIn } from './documents.ts'
import { refusal } from './parse-line.ts'
import { commandsIn, type Words } from './shell.ts'

/** Commands that no test runs from here, and why. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    apt: 'changes the machine; test/tools/debian/try.sh installs the package',
    createdb: 'is PostgreSQL’s',
    curl: 'asks a daemon that runs; test/api asks the same',
    docker: 'is not installed everywhere; test/tools/image/image.ts builds and runs the image',
    git: 'is not ours',
    pg_dump: 'is PostgreSQL’s',
    pg_restore: 'is PostgreSQL’s',
    pm2: 'test/tools/service/pm2.sh',
    source: 'is the shell’s; what it reads is checked',
    systemctl: 'needs systemd; systemd-analyze checks the units in CI',
  }),
)
const SPAN = /^(?:[A-Z_]+=\S+ )?(?:apt|docker|git|npm|npx|pm2|systemctl|tikmeter) /
/** npm’s own commands, which need no script. */
const OF_NPM = new Set(['install', 'ci', 'pack', 'version', 'publish', 'deprecate', 'root'])

const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync('package.json', 'utf8')).scripts
const services: Readonly<Record<string, unknown>> = parse(readFileSync('compose.yaml', 'utf8')).services

/** What is wrong with a command. `isWhole`: it may be typed as it stands. */
async function faultOf(words: Words, isWhole: boolean): Promise<string | undefined> {
  const [program = '', first = '', ...rest] = words
  if (program === 'tikmeter') return refusal(words.slice(1), isWhole)
  if (program === 'node' && first === 'dist/cli.js') return refusal(rest, isWhole)
  if (program === 'npm') return faultOfNpm(first, rest)
  if (program === 'npx' && first === 'tsx') return missing(rest.slice(0, 1))
  if (program === 'npx') return first.startsWith('tikmeter@') ? undefined : `${first} is not ours`
  if (program === 'docker' && first === 'compose') return faultOfCompose(rest)
  if (program.includes('/')) return missing([program])
  return EXCEPTIONS.has(program) ? undefined : `nothing checks ${program}`
}

function faultOfNpm(command: string, args: Words): string | undefined {
  const script = command === 'run' ? (args[0] ?? '') : command
  if (OF_NPM.has(command)) return undefined
  if (scripts[script] === undefined) return `package.json has no script ${script}`
  return script === 'test' ? missing(args.filter(it => it.startsWith('test/'))) : undefined
}

/** Services have to exist, and what runs in them to be understood. */
async function faultOfCompose(args: Words): Promise<string | undefined> {
  const [command = '', ...others] = args.filter(
    (it, index) => it !== '--profile' && args[index - 1] !== '--profile',
  )
  if (command !== 'exec' && command !== 'run' && command !== 'up') return undefined
  const [service, ...inside] = others.filter(it => !/^-(?:d|v|-rm)$/.test(it))
  if (service !== undefined && services[service] === undefined)
    return `compose.yaml has no service ${service}`
  if (command === 'run') return refusal(inside, true)
  return command === 'exec' ? faultOf(inside, true) : undefined
}

function missing(paths: Words): string | undefined {
  const gone = paths.filter(path => !existsSync(path))
  return gone.length > 0 ? `there is no ${gone.join(', ')}` : undefined
}

async function faultsOf(lines: string, isWhole: boolean): Promise<readonly string[]> {
  const faults: string[] = []
  for (const words of commandsIn(lines)) {
    const fault = await faultOf(words, isWhole)
    if (fault !== undefined) faults.push(`${words.join(' ')}: ${fault}`)
  }
  return faults
}

const BLOCKS = blocksIn('sh')
/** Commands in the text, without those that show what may be left out. */
const SPANS = GUIDES.flatMap(file =>
  spansIn(readDocument(file).prose)
    .filter(it => SPAN.test(it) && !/[[\]|…{]/.test(it))
    .map(text => ({ file, text })),
)

test.each(BLOCKS)('the commands at $at are right', async ({ text }) => {
  expect(await faultsOf(text, true)).toEqual([])
})

describe('a code block', () => {
  it('has a language, so that it is checked or known to be something else', () => {
    const known = [
      'caddy',
      'env',
      'html',
      'js',
      'nginx',
      'routeros',
      'sh',
      'sql',
      'text',
      'ts',
      'tsx',
      'vue',
      'yaml',
    ]
    const odd = GUIDES.flatMap(file => readDocument(file).blocks).filter(it => !known.includes(it.language))
    expect(odd.map(it => it.at)).toEqual([])
  })

  it('stands between fences: no line is indented like one', () => {
    const indented = GUIDES.filter(file => /^\n {4}(?! *(?:[-*]|\d+\.) )\S/m.test(readDocument(file).prose))
    expect(indented).toEqual([])
  })
})

it('exceptions are only those that some document needs', () => {
  const texts = [...BLOCKS, ...SPANS].map(it => it.text)
  const used = new Set(texts.flatMap(commandsIn).map(([program]) => program))
  expect([...EXCEPTIONS.keys()].filter(it => !used.has(it))).toEqual([])
})

test('the commands in the text are right', async () => {
  const faults = SPANS.map(async ({ file, text }) =>
    (await faultsOf(text, false)).map(fault => `${file}: ${fault}`),
  )
  expect((await Promise.all(faults)).flat()).toEqual([])
})

test('the two commands of the first screen are those that CI runs', () => {
  const [demo, tests] = readDocument('README.md').blocks
  expect([demo?.text, tests?.text]).toEqual(['npm install && npm run demo\n', 'npm install && npm test\n'])
  const ci = readFileSync('.ci/run', 'utf8')
  expect(ci).toContain('npm install && npm run demo')
  expect(ci).toContain('npm install && npm test')
})
