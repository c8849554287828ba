import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** A release of Node besides that of this machine. */
export interface OtherNode {
  /** The beginning of its version. */
  readonly version: string
  /** The folder with the program `node`. */
  readonly folder: string
}

/** The oldest and the newest release that we run on. */
export const OLDEST = '20.19'
export const NEWEST = '26'

/** Installs the newest patch of a release, from the package of npm that contains its binaries. */
export function installNode(version: string, into: string): OtherNode {
  const prefix = join(into, `node-${version}`)
  mkdirSync(prefix)
  execFileSync('npm', ['install', '--silent', '--prefix', prefix, `node-linux-${process.arch}@${version}`])
  return { version, folder: join(prefix, 'node_modules', `node-linux-${process.arch}`, 'bin') }
}
