import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { MUTATIONS, type Mutation } from './mutations.ts'

/*
 * Removes the accounting rules one by one in a copy of the tree, and prints which tests fail without each. Fails if no
 * test misses a rule, or if tests fail with all rules.
 */

const COPIED = ['src', 'test', 'drizzle', 'config', 'package.json', 'tsconfig.json']
const TESTS = ['test/accounting', 'test/system/cases']
/** Time for one run, which usually takes about a minute. */
const WITHIN_MS = 600_000

/** The results of one file in vitest's JSON report. */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

async function main(): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), 'tikmeter-mutations-'))
  try {
    for (const name of COPIED) await cp(name, join(copy, name), { recursive: true })
    await symlink(resolve('node_modules'), join(copy, 'node_modules'))
    const before = await failures(copy)
    print('with all rules', before)
    if (before.length > 0) process.exitCode = 1
    else for (const mutation of MUTATIONS) await miss(copy, mutation)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function miss(copy: string, { rule, file, from, to }: Mutation): Promise<void> {
  const path = join(copy, file)
  const source = await readFile(path, 'utf8')
  if (source.split(from).length !== 2) throw new Error(`${file} does not contain exactly once: ${from}`)
  await writeFile(
    path,
    source.replace(from, () => to),
  )
  const failed = await failures(copy)
  await writeFile(path, source)
  print(`without "${rule}"`, failed)
  if (failed.length === 0) process.exitCode = 1
}

/** The names of the tests that fail in the copy. @throws Error if a file could not be run at all */
async function failures(copy: string): Promise<readonly string[]> {
  const report = join(copy, 'report.json')
  await rm(report, { force: true })
  const vitest = [join('node_modules', 'vitest', 'vitest.mjs'), 'run', '--config', 'test/vitest.config.ts']
  const reported = ['--project', 'together', '--reporter', 'json', '--outputFile', report]
  const options = { cwd: copy, timeout: WITHIN_MS, signal: stop.signal, maxBuffer: 64 * 1024 * 1024 }
  // Failed tests are in the report; without a report it throws.
  const ran = await promisify(execFile)(process.execPath, [...vitest, ...reported, ...TESTS], options).catch(
    (error: Error) => error,
  )
  const text = await readFile(report, 'utf8').catch(() => {
    throw new Error('the tests did not run', { cause: ran })
  })
  const { testResults }: Report = JSON.parse(text)
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter(it => it.status === 'failed')
    if (status === 'failed' && failed.length === 0) throw new Error(`${name} did not run: ${message}`)
    return failed.map(({ fullName }) => `${name.slice(name.indexOf('test/'))}: ${fullName}`)
  })
}

function print(what: string, failed: readonly string[]): void {
  console.log([`${what}: ${failed.length} tests fail`, ...failed.map(it => `    ${it}`)].join('\n'))
}

await main()
