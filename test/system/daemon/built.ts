import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import type { TestProject } from 'vitest/node'
import { stringify } from 'yaml'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The program from which tests start daemons and commands. */
    cli: string
    /** A program that does only one part of a daemon's work: it loads configs as they change. */
    loadingChild: string
    /** A program that does only one part of a daemon's work: it posts to webhooks. */
    postingChild: string
    /** A program that runs commands one after another. */
    commandChild: string
  }
}

const CLI = pathOf('../../../src/cli.ts')
const REGISTERED = pathOf('../../../src/services/registered.ts')
const SHEBANG = /^#!.*/
/** The last statement of `cli.ts`. Top-level await does not exist in CommonJS. */
const LAST = /^process\.exitCode = (await .+)$/m
/** A module that looks for a thread's program beside itself; the thread is built as well. */
const LOAD_APART = '/src/config/load-apart.ts'
const LOAD_THREAD = pathOf('../../../src/config/load-thread.ts')
const CHILDREN = {
  'load-thread': LOAD_THREAD,
  'loading-child': pathOf('../../config/load-apart-child.ts'),
  'posting-child': pathOf('../../alerts/posting-child.ts'),
  'command-child': pathOf('../../commands/command-child.ts'),
}
/** Defines `require` for packages that are CommonJS. */
const REQUIRE = `const require = process.getBuiltinModule('node:module').createRequire(${urlOf(CLI)})`
/** Wraps the program in a function as `compiled.cjs` calls it. */
const FUNCTION = {
  banner:
    "(function (require, filename) { const urlOfFile = require('node:url').pathToFileURL(filename).href;",
  footer: '})',
}
const URL_OF_FILE = "const urlOfFile = require('node:url').pathToFileURL(__filename).href;"

/** Lets modules find beside the sources what they look for beside themselves. */
const BESIDE_SOURCES: Plugin = {
  name: 'beside the sources',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (path.endsWith(LOAD_APART)) return { contents: text, loader: 'ts' }
      if (path === CLI) return { contents: text.replace(SHEBANG, '').replace(LAST, asCommonJs), loader: 'ts' }
      return { contents: text.replaceAll('import.meta.url', urlOf(path)), loader: 'ts' }
    }),
}

const EACH: BuildOptions = {
  ...{ bundle: true, platform: 'node', target: 'node20', keepNames: true, external: ['pg-native'] },
  ...{ plugins: [BESIDE_SOURCES], logLevel: 'warning' },
}

const COMMON_JS: BuildOptions = {
  ...{ ...EACH, format: 'cjs', outExtension: { '.js': '.cjs' }, define: { 'import.meta.url': 'urlOfFile' } },
  // Smaller, because each start reads it.
  ...{ minifyWhitespace: true, minifySyntax: true },
}

let folder: string | undefined

/**
 * Builds the program once for a whole test run, which starts some two hundred processes. The build that
 * operators have takes twice the CPU to start, and running the sources with tsx takes five times. Finding the program
 * already compiled takes another two fifths off a start.
 */
export async function setup(project: TestProject): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-built-'))
  // Some of the programs run as another user.
  await chmod(folder, 0o755)
  const cli = join(folder, 'cli.cjs')
  await Promise.all([
    copyFile(pathOf('compiled.cjs'), cli),
    build({
      ...{ ...COMMON_JS, entryPoints: { program: CLI }, outdir: folder },
      ...{ banner: { js: FUNCTION.banner }, footer: { js: FUNCTION.footer } },
    }),
    build({
      ...{ ...COMMON_JS, entryPoints: { 'load-thread': LOAD_THREAD }, outdir: folder },
      banner: { js: URL_OF_FILE },
    }),
    build({
      ...{ ...EACH, entryPoints: CHILDREN, outdir: folder, format: 'esm', splitting: true },
      ...{ outExtension: { '.js': '.mjs' }, banner: { js: REQUIRE } },
    }),
  ])
  await compile(cli, folder)
  project.provide('cli', cli)
  project.provide('loadingChild', join(folder, 'loading-child.mjs'))
  project.provide('postingChild', join(folder, 'posting-child.mjs'))
  project.provide('commandChild', join(folder, 'command-child.mjs'))
}

/**
 * The program as an operator would have it with other services.
 * @param registered takes the place of `src/services/registered.ts`
 * @param into a folder of its own
 * @returns the path of the program
 */
export async function buildWithRegistered(registered: string, into: string): Promise<string> {
  const other: Plugin = {
    name: 'other services',
    setup: ({ onResolve }) =>
      onResolve({ filter: /\/registered\.ts$/ }, ({ path, resolveDir }) =>
        join(resolveDir, path) === REGISTERED ? { path: registered } : undefined,
      ),
  }
  await build({
    ...{ ...EACH, plugins: [other, BESIDE_SOURCES], entryPoints: { cli: CLI, 'load-thread': LOAD_THREAD } },
    ...{
      outdir: into,
      format: 'esm',
      splitting: true,
      outExtension: { '.js': '.mjs' },
      banner: { js: REQUIRE },
    },
  })
  return join(into, 'cli.mjs')
}

export async function teardown(): Promise<void> {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
}

/** Leaves the compiled program beside `cli`, by running a daemon until it finds no database. @throws Error */
async function compile(cli: string, home: string): Promise<void> {
  const file = join(home, 'none.yaml')
  const keys = {
    ...{ database: { url: 'postgres://nobody:none@127.0.0.1:1/none' }, tenants: [] },
    ...{ journal: { directory: join(home, 'journal') }, auth: { secret: 'x'.repeat(32) } },
  }
  await writeFile(file, stringify(keys))
  const env = { PATH: process.env['PATH'], TIKMETER_COMPILED: 'leave' }
  const printed = await new Promise<string>(resolve => {
    execFile(process.execPath, [cli, 'run', '--config', file], { env }, (_, stdout) => resolve(stdout))
  })
  if (!printed.includes('no connection to the database'))
    throw new Error(`the program does not run: ${printed}`)
}

function asCommonJs(_: string, last: string): string {
  return `void (async () => { process.exitCode = ${last} })()`
}

function urlOf(path: string): string {
  return JSON.stringify(pathToFileURL(path).href)
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
