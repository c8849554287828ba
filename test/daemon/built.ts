import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The program that tests start daemons and commands from. */
    cli: string
    /** What does no more of a daemon's work than to load configs, as it does when they changed. */
    loadingChild: string
    /** What does no more of a daemon's work than to post to webhooks. */
    postingChild: string
    /** What runs commands one after the other. */
    commandChild: string
  }
}

const CLI = pathOf('../../src/cli.ts')
/** Looks for a thread's program beside itself, which is built as well. */
const LOAD_APART = '/src/config/load-apart.ts'
const PROGRAMS = {
  cli: CLI,
  'load-thread': pathOf('../../src/config/load-thread.ts'),
  'loading-child': pathOf('../config/load-apart-child.ts'),
  'posting-child': pathOf('../alerts/posting-child.ts'),
  'command-child': pathOf('../commands/command-child.ts'),
}
/** For packages that are CommonJS. */
const REQUIRE = `const require = process.getBuiltinModule('node:module').createRequire(${urlOf(CLI)})`

/** What a module looks for beside itself, it finds beside the sources. */
const BESIDE_SOURCES: Plugin = {
  name: 'beside the sources',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (path.endsWith(LOAD_APART)) return { contents: text, loader: 'ts' }
      return { contents: text.replaceAll('import.meta.url', urlOf(path)), loader: 'ts' }
    }),
}

let folder: string | undefined

/**
 * One build for a whole run of tests, which start some two hundred processes: of a file for each module, as operators
 * have them, a daemon takes twice the CPU to start, and of the sources by tsx five times.
 */
export async function setup(project: TestProject): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-built-'))
  // Some are run by another user.
  await chmod(folder, 0o755)
  await build({
    entryPoints: PROGRAMS,
    ...{ outdir: folder, outExtension: { '.js': '.mjs' }, bundle: true, splitting: true },
    ...{ platform: 'node', target: 'node20', format: 'esm', keepNames: true, banner: { js: REQUIRE } },
    ...{ external: ['pg-native'], plugins: [BESIDE_SOURCES], logLevel: 'warning' },
  })
  project.provide('cli', join(folder, 'cli.mjs'))
  project.provide('loadingChild', join(folder, 'loading-child.mjs'))
  project.provide('postingChild', join(folder, 'posting-child.mjs'))
  project.provide('commandChild', join(folder, 'command-child.mjs'))
}

export async function teardown(): Promise<void> {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
}

function urlOf(path: string): string {
  return JSON.stringify(pathToFileURL(path).href)
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
