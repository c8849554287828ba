import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A file of the dashboard, as it is sent. */
export interface DashboardFile {
  /** Within the dashboard's folder, with `/`. */
  readonly name: string
  readonly contentType: string
  readonly text: string
}

/** `server.dashboard` is on, and there is no dashboard to serve. */
export class DashboardMissing extends Error {
  override readonly name = 'DashboardMissing'
  /** Somebody has to build it, or to turn it off. */
  readonly retryable = false

  constructor(folder: string, options: ErrorOptions) {
    super(
      `server.dashboard is on, and there is no dashboard in ${folder}: run "npm run build", or turn it off`,
      options,
    )
  }
}

/** Beside the program, whether that runs from its sources or from what they were compiled to. */
export const DASHBOARD_FOLDER = fileURLToPath(new URL('../../../dist/dashboard', import.meta.url))

/** Nothing else of the folder is served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
}

/**
 * All files, once: no path that somebody asks for is ever looked up in the file system.
 * @throws DashboardMissing
 */
export function readDashboard(folder: string): readonly DashboardFile[] {
  try {
    // The page comes first: without it there is nothing to be served.
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
