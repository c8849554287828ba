import { readFileSync } from 'node:fs'

/** Of this release, as package.json has it; the file is at the same place from `src` and from `dist`. */
export const VERSION: string = versionOf(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

function versionOf(packageJson: string): string {
  const about: unknown = JSON.parse(packageJson)
  return typeof about === 'object' && about !== null && 'version' in about ? String(about.version) : 'unknown'
}
