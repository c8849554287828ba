import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const SRC = 'src'
const LIBRARIES = ['npm', 'node']
/**
 * What each folder may import, besides itself. `npm` and `node` stand for all of their modules. `daemon` puts the parts
 * together and may import all; so may the two files at the top, which are the command line.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  accounting: [],
  live: ['accounting'],
  recording: ['accounting', 'live', 'runtime', ...LIBRARIES],
  roster: ['accounting', 'live', 'recording', 'journal', 'poller', 'config', 'runtime', ...LIBRARIES],
  journal: ['accounting', 'runtime', ...LIBRARIES],
  bus: ['accounting', 'live', 'runtime', ...LIBRARIES],
  store: ['accounting', 'runtime', ...LIBRARIES],
  postgres: ['runtime', ...LIBRARIES],
  poller: ['accounting', 'runtime', ...LIBRARIES],
  routeros: ['accounting', 'runtime', ...LIBRARIES],
  services: ['accounting', 'routeros'],
  alerts: ['accounting', 'runtime', ...LIBRARIES],
  auth: ['accounting', 'runtime', ...LIBRARIES],
  feed: ['accounting', 'live', 'auth', 'runtime', ...LIBRARIES],
  api: ['accounting', 'live', 'services', 'auth', 'runtime', ...LIBRARIES],
  config: ['accounting', 'services', ...LIBRARIES],
  commands: [
    ...['accounting', 'auth', 'config', 'postgres', 'routeros', 'services', 'store'],
    ...['runtime', ...LIBRARIES],
  ],
  runtime: LIBRARIES,
  client: [],
  dashboard: ['client', 'npm'],
}
/** Our own folders in a row, except `runtime`, which the document mentions separately. */
function oursIn(row: readonly string[]): string[] {
  return row.filter(it => ![...LIBRARIES, 'runtime'].includes(it)).sort()
}
/** These may import everything except each other; `daemon` imports nothing from the top. */
const COMPOSITION = ['', 'daemon']
/**
 * Port files, and the folders with adapters that implement them. An adapter may import the types of its port, whatever
 * the table says, so that it does not repeat them. Such imports are erased, so they make no cycle of folders.
 */
const PORTS: Readonly<Record<string, readonly string[]>> = {
  'recording/ports.ts': ['store'],
  'recording/journal-port.ts': ['journal'],
  'roster/ports.ts': ['store'],
  'poller/router-link.ts': ['routeros'],
  'alerts/record.ts': ['store'],
  'alerts/delivery.ts': ['store'],
  'api/usage/usage-source.ts': ['store'],
}
/** The files of `recording` with its ports and their users, which may import nothing but accounting and live. */
const PURE_RECORDING = [
  'recorder.ts',
  'router-book.ts',
  'router-books.ts',
  'ports.ts',
  'journal-port.ts',
  'uncommitted.ts',
].map(file => `recording/${file}`)
const MOST_LINES = 250

interface SourceFile {
  /** The path relative to `src`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
  /** The imports that begin with `import type`. */
  readonly typeImports: ReadonlySet<string>
}

const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .map(path => {
    const text = readFileSync(join(SRC, path), 'utf8')
    const found = text.matchAll(
      /^(?:import|export)\b[^;'"]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
    )
    const types = text.matchAll(/^import type\b[^;'"]*?from '([^']+)'/gm)
    return {
      ...{ path, text, imports: Array.from(found, match => match[1] ?? match[2] ?? match[3] ?? '') },
      typeImports: new Set(Array.from(types, match => match[1] ?? '')),
    }
  })

/** The path of one of our files relative to `src`, or `npm`, or `node`. */
function targetOf(file: SourceFile, specifier: string): string {
  if (specifier.startsWith('.')) return relative(SRC, join(SRC, dirname(file.path), specifier))
  return specifier.startsWith('node:') || builtinModules.includes(specifier) ? 'node' : 'npm'
}

/** The folder of one of our files, `''` at the top level; `npm` and `node` are returned unchanged. */
function folderOf(target: string): string {
  if (!target.endsWith('.ts')) return target
  return target.includes('/') ? (target.split('/')[0] ?? '') : ''
}

/** Whether a file imports types, and nothing else, of a port that its folder implements. */
function isOwnPort(file: SourceFile, specifier: string): boolean {
  const adapters = PORTS[targetOf(file, specifier)] ?? []
  return adapters.includes(folderOf(file.path)) && file.typeImports.has(specifier)
}

function importsPort(file: SourceFile, port: string): boolean {
  return file.imports.some(specifier => targetOf(file, specifier) === port)
}

function offences(isOffence: (file: SourceFile) => boolean): string[] {
  return files.filter(isOffence).map(file => file.path)
}

describe('a folder', () => {
  it('is in the table', () => {
    const folders = new Set(files.map(file => folderOf(file.path)).filter(folder => folder !== ''))
    expect([...folders].filter(folder => !(folder in MAY_IMPORT || COMPOSITION.includes(folder)))).toEqual([])
  })

  it('may import the same in ARCHITECTURE.md as here', () => {
    const rows = readFileSync('ARCHITECTURE.md', 'utf8').matchAll(/^\| `(\w+)\/` \| ([^|]+) \|/gm)
    const documented = Array.from(rows, ([, folder = '', may = '']): [string, string[]] => [
      folder,
      may === 'nothing' || may === 'nothing of these' ? [] : may.split(', ').sort(),
    ])
    const { client: _, dashboard: __, runtime: ___, ...folders } = MAY_IMPORT
    const here = Object.entries(folders).map(([folder, may]): [string, string[]] => [folder, oursIn(may)])
    expect(new Map(documented)).toEqual(new Map([...here, ['daemon', ['all']]]))
  })

  it('is the top only for the command line, which nothing else imports', () => {
    const top = files.filter(file => folderOf(file.path) === '').map(file => file.path)
    expect(top.sort()).toEqual(['cli.ts', 'program.ts'])
    const isWrong = ({ path, imports }: SourceFile) =>
      folderOf(path) !== '' &&
      imports.some(it => it.startsWith('.') && folderOf(relative(SRC, join(SRC, dirname(path), it))) === '')
    expect(offences(isWrong)).toEqual([])
  })

  it('is in no cycle of imports', () => {
    const imports = new Map(
      Object.entries(MAY_IMPORT).map(([folder, may]) => [folder, may.filter(it => !LIBRARIES.includes(it))]),
    )
    const above = (folder: string, seen: readonly string[]): string[] =>
      seen.includes(folder)
        ? [[...seen, folder].join(' → ')]
        : (imports.get(folder) ?? []).flatMap(next => above(next, [...seen, folder]))
    expect([...imports.keys()].flatMap(folder => above(folder, []))).toEqual([])
  })

  it('imports only what the table says', () => {
    const wrong = files.flatMap(file => {
      const folder = folderOf(file.path)
      const allowed = MAY_IMPORT[folder]
      if (!allowed) return []
      return file.imports
        .filter(specifier => ![folder, ...allowed].includes(folderOf(targetOf(file, specifier))))
        .filter(specifier => !isOwnPort(file, specifier))
        .map(specifier => `${file.path} imports ${specifier}`)
    })
    expect(wrong).toEqual([])
  })

  it('lists only ports that an adapter imports', () => {
    const unused = Object.entries(PORTS).flatMap(([port, adapters]) =>
      adapters
        .filter(adapter => !files.some(file => folderOf(file.path) === adapter && importsPort(file, port)))
        .map(adapter => `${adapter} imports nothing from ${port}`),
    )
    expect(unused).toEqual([])
  })

  it('has the same ports in ARCHITECTURE.md as here', () => {
    const rows = readFileSync('ARCHITECTURE.md', 'utf8').matchAll(/^\| `(\S+\.ts)` \| ([^|]+) \|/gm)
    const documented = Array.from(rows, ([, port = '', by = '']): [string, string[]] => [
      port,
      by.split(', '),
    ])
    expect(new Map(documented)).toEqual(new Map(Object.entries(PORTS)))
  })

  it('is not imported by the recorder, except accounting and live', () => {
    const wrong = files
      .filter(file => PURE_RECORDING.includes(file.path))
      .flatMap(file => file.imports.map(specifier => targetOf(file, specifier)))
      .filter(
        target => !['accounting', 'live'].includes(folderOf(target)) && !PURE_RECORDING.includes(target),
      )
    expect(wrong).toEqual([])
  })
})

describe('a source file', () => {
  it('is in no cycle of imports', () => {
    const imports = new Map(
      files.map(file => [
        file.path,
        file.imports.map(specifier => targetOf(file, specifier)).filter(target => target.endsWith('.ts')),
      ]),
    )
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (path: string, way: readonly string[]) => {
      if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(' → '))
      if (done.has(path) || way.includes(path)) return
      for (const next of imports.get(path) ?? []) visit(next, [...way, path])
      done.add(path)
    }
    for (const file of files) visit(file.path, [])
    expect(cycles).toEqual([])
  })

  it('imports only files that exist', () => {
    const known = new Set(files.map(file => file.path))
    const missing = files.flatMap(file =>
      file.imports
        .map(specifier => targetOf(file, specifier))
        .filter(target => target.endsWith('.ts') && !known.has(target)),
    )
    expect(missing).toEqual([])
  })

  it('is one idea, of at most 250 lines', () => {
    expect(offences(file => file.text.split('\n').length - 1 > MOST_LINES)).toEqual([])
  })

  it('has no interval timer, which would tick independently of its loop', () => {
    expect(offences(file => /\bsetInterval\b/.test(file.text))).toEqual([])
  })

  it('leaves ending the process to the command line', () => {
    expect(offences(file => /\bprocess\.exit\(/.test(file.text))).toEqual(['program.ts'])
  })

  it('has no default export, which could go by any name', () => {
    expect(offences(file => /^export default\b/m.test(file.text))).toEqual([])
  })

  it('is neither a barrel nor a collection of unrelated things', () => {
    expect(
      offences(file => /(?:^|\/)(?:index|utils?|types|helpers?|lib|interfaces)\.ts$/.test(file.path)),
    ).toEqual([])
  })
})

describe('accounting', () => {
  it('reads no clock', () => {
    const isReading = ({ path, text }: SourceFile) =>
      folderOf(path) === 'accounting' &&
      /\bDate\.now\(|\bnew Date\(\)|\bperformance\.|\bMath\.random\(/.test(text)
    expect(offences(isReading)).toEqual([])
  })
})
