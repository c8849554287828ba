import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Everything in the package besides `dist`. */
const FILES = [
  ...[
    'package/LICENSE',
    'package/README.md',
    'package/package.json',
    'package/npm-shrinkwrap.json',
    'package/ecosystem.config.cjs',
  ],
  ...execFileSync('git', ['ls-files', 'docs'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(path => `package/${path}`),
  ...readdirSync('drizzle/migrations', { recursive: true, encoding: 'utf8' })
    .filter(path => /\.(sql|json)$/.test(path))
    .map(path => `package/drizzle/migrations/${path}`),
]
/** Files of `config/` that are in git, because an operator's config may be there too. compose.yaml needs a clone. */
const CONFIG = execFileSync('git', ['ls-files', 'config'], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter(path => !path.startsWith('config/compose/'))
const SOURCES = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.ts'))
/** Files in the dashboard's folder besides its modules. */
const DASHBOARD = [
  ...['index.html', 'dashboard.css', 'icon.svg', 'uPlot.esm.js', 'uPlot.min.css', 'uPlot.LICENSE'],
  ...SOURCES.filter(path => path.startsWith('client/')).map(path => path.replace(/\.ts$/, '.js')),
]

/** What commands of the daemon share. */
const CHUNK = /^package\/dist\/chunks\/[\w-]+\.js$/

/**
 * Packs this clone, with a file of an older build and a config with secrets in it, neither of which may be packed.
 * @returns the path of the package
 * @throws Error if it has an unexpected file or lacks one
 */
export function pack(folder: string): string {
  const stale = 'dist/stale.js'
  const secrets = 'config/package-test.yaml'
  mkdirSync('dist', { recursive: true })
  writeFileSync(stale, '')
  writeFileSync(secrets, 'auth: { secret: nobody may have this one }\n')
  try {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder])
  } finally {
    rmSync(stale, { force: true })
    rmSync(secrets)
  }
  const [name = ''] = readdirSync(folder).filter(it => it.endsWith('.tgz'))
  const file = join(folder, name)
  const packed = execFileSync('tar', ['tzf', file], { encoding: 'utf8' }).trim().split('\n')
  const expected = [
    ...FILES,
    ...CONFIG.map(path => `package/${path}`),
    'package/dist/cli.js',
    ...SOURCES.filter(path => /^(client|dashboard)\//.test(path)).map(
      path => `package/dist/${path.replace(/\.ts$/, '.js')}`,
    ),
    ...DASHBOARD.map(path => `package/dist/dashboard/${path}`),
    // The client's types.
    ...SOURCES.filter(path => path.startsWith('client/')).map(
      path => `package/dist/${path.replace(/\.ts$/, '.d.ts')}`,
    ),
  ]
  const wrong = [
    ...packed.filter(it => !expected.includes(it) && !CHUNK.test(it)).map(it => `${it} is in it`),
    ...expected.filter(it => !packed.includes(it)).map(it => `${it} is not in it`),
  ]
  if (wrong.length > 0) throw new Error(`the package has not what it should:\n${wrong.join('\n')}`)
  console.log(`${name}: ${packed.length} files`)
  return file
}
