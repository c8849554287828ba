import { readFileSync } from 'node:fs'

/** The version of this release, from package.json. Its relative path is the same from `src` and from `dist`. */
export const VERSION: string = versionOf(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

function versionOf(packageJson: string): string {
  const about: unknown = JSON.parse(packageJson)
  return typeof about === 'object' && about !== null && 'version' in about ? String(about.version) : 'unknown'
}
