import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const SRC = 'src'
/** The table of the README: what each folder may import, beside itself. `npm` and `node` stand for all of theirs. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  accounting: [],
  routeros: ['accounting', 'runtime', 'npm', 'node'],
  poller: ['accounting', 'runtime', 'npm', 'node'],
  journal: ['accounting', 'runtime', 'npm', 'node'],
  store: ['accounting', 'runtime', 'npm', 'node'],
  feed: ['accounting', 'runtime', 'npm', 'node'],
  api: ['accounting', 'runtime', 'npm', 'node'],
  alerts: ['accounting', 'runtime', 'npm', 'node'],
  config: ['accounting', 'npm', 'node'],
  commands: ['accounting', 'config', 'routeros', 'store', 'feed', 'runtime', 'npm', 'node'],
  runtime: ['npm', 'node'],
  client: [],
  dashboard: ['client', 'npm'],
}
/** The ports and those who use them, where the folders' meeting is shown: nothing but what the numbers mean. */
const PURE_TOP = [
  ...[
    'recorder.ts',
    'router-book.ts',
    'router-books.ts',
    'ledger-store.ts',
    'journal-port.ts',
    'uncommitted.ts',
  ],
]
const MOST_LINES = 250

interface SourceFile {
  /** Relative to `src`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .map(path => {
    const text = readFileSync(join(SRC, path), 'utf8')
    const found = text.matchAll(
      /^(?:import|export)\b[^;'"]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
    )
    return { path, text, imports: Array.from(found, match => match[1] ?? match[2] ?? match[3] ?? '') }
  })

/** A file of ours relative to `src`, or `npm`, or `node`. */
function targetOf(file: SourceFile, specifier: string): string {
  if (specifier.startsWith('.')) return relative(SRC, join(SRC, dirname(file.path), specifier))
  return specifier.startsWith('node:') || builtinModules.includes(specifier) ? 'node' : 'npm'
}

/** The folder a file of ours is in; `''` at the top level. `npm` and `node` as they are. */
function folderOf(target: string): string {
  if (!target.endsWith('.ts')) return target
  return target.includes('/') ? (target.split('/')[0] ?? '') : ''
}

function offences(isOffence: (file: SourceFile) => boolean): string[] {
  return files.filter(isOffence).map(file => file.path)
}

describe('a folder', () => {
  it('is in the table', () => {
    const folders = new Set(files.map(file => folderOf(file.path)).filter(folder => folder !== ''))
    expect([...folders].filter(folder => !(folder in MAY_IMPORT))).toEqual([])
  })

  it('imports only what the table says', () => {
    const wrong = files.flatMap(file => {
      const folder = folderOf(file.path)
      const allowed = MAY_IMPORT[folder]
      if (!allowed) return []
      return file.imports
        .filter(specifier => ![folder, ...allowed].includes(folderOf(targetOf(file, specifier))))
        .map(specifier => `${file.path} imports ${specifier}`)
    })
    expect(wrong).toEqual([])
  })

  it('is not what the recorder is built on, but for accounting', () => {
    const wrong = files
      .filter(file => PURE_TOP.includes(file.path))
      .flatMap(file => file.imports.map(specifier => targetOf(file, specifier)))
      .filter(target => folderOf(target) !== 'accounting' && !PURE_TOP.includes(target))
    expect(wrong).toEqual([])
  })
})

describe('a source file', () => {
  it('is imported by no file that it imports, however far around', () => {
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

  it('imports files that are there', () => {
    const known = new Set(files.map(file => file.path))
    const missing = files.flatMap(file =>
      file.imports
        .map(specifier => targetOf(file, specifier))
        .filter(target => target.endsWith('.ts') && !known.has(target)),
    )
    expect(missing).toEqual([])
  })

  it('is one idea of 250 lines at the most', () => {
    expect(offences(file => file.text.split('\n').length - 1 > MOST_LINES)).toEqual([])
  })

  it('has no interval timer, which would tick on behind its loop', () => {
    expect(offences(file => /\bsetInterval\b/.test(file.text))).toEqual([])
  })

  it('leaves ending the process to the command line', () => {
    expect(offences(file => /\bprocess\.exit\(/.test(file.text))).toEqual(['program.ts'])
  })

  it('has no default export, which could go by any name', () => {
    expect(offences(file => /^export default\b/m.test(file.text))).toEqual([])
  })

  it('is not a barrel, nor a bag of whatever else', () => {
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
