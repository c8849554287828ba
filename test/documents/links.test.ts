import { existsSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DOCUMENTS, readDocument, spansIn } from './documents.ts'

/** Files that the reader makes. */
const OF_READERS: ReadonlySet<string> = new Set(['config/tikmeter.yaml'])

const LINK = /\[(?:[^[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)/g
const OUTSIDE = /^[a-z][a-z+.-]*:/

interface Link {
  readonly to: string
  readonly path: string
  readonly anchor: string | undefined
}

/** Links of a document to files of the repository. */
function linksOf(file: string): readonly Link[] {
  const prose = readDocument(file).prose.replaceAll(/`[^`\n]+`(?!\])/g, '')
  return Array.from(prose.matchAll(LINK), ([, to = '']) => to)
    .filter(to => !OUTSIDE.test(to))
    .map(to => {
      const [path = '', anchor] = to.split('#')
      return { to, path: path === '' ? file : join(dirname(file), path), anchor }
    })
}

/** The anchors that GitHub gives to the headings of a document. */
function anchorsOf(file: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of readDocument(file).prose.matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    let anchor = slug
    for (let number = 1; anchors.has(anchor); number++) anchor = `${slug}-${number}`
    anchors.add(anchor)
  }
  return anchors
}

function faultOf({ to, path, anchor }: Link): string | undefined {
  if (path.startsWith('..')) return `${to} is outside of the repository`
  if (!existsSync(path)) return `${to} does not exist`
  if (anchor === undefined) return undefined
  return extname(path) === '.md' && anchorsOf(path).has(anchor)
    ? undefined
    : `${to}: there is no such heading`
}

describe.each(DOCUMENTS)('%s', file => {
  it('links to files and headings that exist', () => {
    expect(linksOf(file).flatMap(link => faultOf(link) ?? [])).toEqual([])
  })

  // Its paths begin in src/: test/documents.test.ts.
  it.skipIf(file === 'ARCHITECTURE.md')('names files that exist', () => {
    const paths = spansIn(readDocument(file).prose)
      .flatMap(span => /^(?:src|test|config|drizzle|docs)\/[\w./@-]+\w$/.exec(span) ?? [])
      .filter(path => !OF_READERS.has(path))
    expect(paths.filter(path => !existsSync(path))).toEqual([])
  })
})

describe('the links of the README', () => {
  it('lead to each page in docs/', () => {
    const linked = new Set(linksOf('README.md').map(it => it.path))
    expect(DOCUMENTS.filter(it => it.startsWith('docs/') && !linked.has(it))).toEqual(['docs/releasing.md'])
  })

  it('are enough of it: it is short', () => {
    expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThanOrEqual(150)
  })
})
