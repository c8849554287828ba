import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PACKAGE_FOLDER } from './package-folder.ts'

/** The version of this release, from package.json. */
export const VERSION: string = versionOf(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8'))

function versionOf(packageJson: string): string {
  const about: unknown = JSON.parse(packageJson)
  return typeof about === 'object' && about !== null && 'version' in about ? String(about.version) : 'unknown'
}
