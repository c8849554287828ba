import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { PACKAGE_FOLDER } from '../../runtime/package-folder.ts'

/** A file of the dashboard. */
export interface DashboardFile {
  /** The path within the dashboard's folder, with `/`. */
  readonly name: string
  readonly contentType: string
  readonly text: string
}

/** `server.dashboard` is on, but the dashboard was not built. */
export class DashboardMissing extends Error {
  override readonly name = 'DashboardMissing'
  /** The operator has to build it, or to turn it off. */
  readonly retryable = false

  constructor(folder: string, options: ErrorOptions) {
    super(
      `server.dashboard is on, but there is no dashboard in ${folder}: run "npm run build", or turn it off`,
      options,
    )
  }
}

export const DASHBOARD_FOLDER = join(PACKAGE_FOLDER, 'dist/dashboard')

/** The types of files that are served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
}

/**
 * Reads all files at once, so that a requested path is never looked up in the file system.
 * @throws DashboardMissing
 */
export function readDashboard(folder: string): readonly DashboardFile[] {
  try {
    // Read first, to fail if there is no page.
    readFileSync(join(folder, 'index.html'))
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .flatMap(path => {
        const contentType = TYPES[extname(path)]
        if (contentType === undefined) return []
        const name = path.slice(join(folder, '/').length).replaceAll('\\', '/')
        return [{ name, contentType, text: readFileSync(path, 'utf8') }]
      })
  } catch (cause) {
    throw new DashboardMissing(folder, { cause })
  }
}
