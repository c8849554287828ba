import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the package, from the sources and from the compiled program: the nearest one with a package.json. */
export const PACKAGE_FOLDER: string = packageFolder(dirname(fileURLToPath(import.meta.url)))

function packageFolder(folder: string): string {
  const above = dirname(folder)
  return existsSync(join(folder, 'package.json')) || above === folder ? folder : packageFolder(above)
}
