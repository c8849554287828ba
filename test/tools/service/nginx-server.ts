import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'

const START_WITHIN_MS = 10_000
const DOCUMENT = 'docs/proxies.md'

export interface NginxOptions {
  /** The folder for its config and everything it writes. */
  readonly folder: string
  /** A port of 127.0.0.1 that `sites` listens on. */
  readonly port: number
  /** What a site of it has in `/etc/nginx/sites-enabled`. */
  readonly sites: string
}

/** nginx in a separate folder, with Debian's own limits except for the number of connections. */
export class NginxServer {
  readonly #child: ChildProcess
  readonly port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(options: NginxOptions): Promise<NginxServer> {
    await mkdir(options.folder, { recursive: true })
    const file = join(options.folder, 'nginx.conf')
    await writeFile(file, configOf(options))
    const child = spawn('nginx', ['-p', options.folder, '-c', file], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const nginx = new NginxServer(child, options.port)
    for (let tried = 0; tried < START_WITHIN_MS / 50; tried++) {
      if (await isListening(options.port)) return nginx
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    await nginx.stop()
    throw new Error('nginx does not listen')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }
}

/**
 * The site in the document for operators, with other values in place of some of its words.
 * @param values by the words that they replace, each of which must be in it
 */
export async function documentedSite(values: Readonly<Record<string, string>>): Promise<string> {
  const [, site] = /^```nginx\n(.*?)^```$/ms.exec(await readFile(DOCUMENT, 'utf8')) ?? []
  if (site === undefined) throw new Error(`${DOCUMENT} has no configuration of nginx`)
  let changed = site
  for (const [words, value] of Object.entries(values)) {
    if (!changed.includes(words)) throw new Error(`the configuration in ${DOCUMENT} lacks ${words}`)
    changed = changed.replaceAll(words, value)
  }
  return changed
}

function configOf({ folder, sites }: NginxOptions): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
user ${userInfo().username};
worker_processes 1;
worker_rlimit_nofile 4096;
pid ${join(folder, 'nginx.pid')};
error_log ${join(folder, 'error.log')};
events { worker_connections 2048; }
http {
  access_log off;
  ${paths.map(name => `${name}_temp_path ${join(folder, name)};`).join('\n  ')}
${sites}
}
`
}

function isListening(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
