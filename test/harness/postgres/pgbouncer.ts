import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../src/postgres/free-port.ts'
import { serverIdentity } from '../fleet/certificate.ts'

/** Another program than the one in the path, such as one of another release. */
const PROGRAM = process.env['TIKMETER_TEST_PGBOUNCER'] ?? 'pgbouncer'

/** Whether PgBouncer is installed: it is in no registry of npm. */
export const HAS_PGBOUNCER = spawnSync(PROGRAM, ['--version']).status === 0

/** As root it does not run. */
const ACCOUNT = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/** Few connections, so that each serves many clients, and transactions of one client are on several. */
const POOL_SIZE = 6

/** Settings with which it speaks TLS, as the identity for localhost that the test authority signed. */
export const TLS_SETTINGS: readonly string[] = [
  ...['client_tls_sslmode = allow', 'client_tls_cert_file = CERTIFICATE', 'client_tls_key_file = KEY'],
]

/** A PgBouncer on loopback, before one server. */
export class PgBouncer {
  readonly #folder: string
  readonly #port: number
  #child: ChildProcess | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
  }

  /**
   * @param url of any database of the server; the user is the only one
   * @param settings more lines for its config
   */
  static async start(url: string, settings: readonly string[] = ['pool_mode = transaction']) {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-pgbouncer-'))
    await chmod(folder, 0o711)
    const { hostname, port, username, password } = new URL(url)
    const bouncer = new PgBouncer(folder, await freePort())
    const users = bouncer.#path('users.txt')
    await writeFile(users, `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`)
    const { key, cert } = serverIdentity()
    const files = { CERTIFICATE: bouncer.#path('certificate.pem'), KEY: bouncer.#path('key.pem') }
    await writeFile(files.CERTIFICATE, cert)
    await writeFile(files.KEY, key, { mode: 0o600 })
    const withFiles = (line: string) =>
      line.replace(/CERTIFICATE|KEY/, it => (it === 'KEY' ? files.KEY : files.CERTIFICATE))
    const config = [
      ...['[databases]', `* = host=${hostname} port=${port}`, '[pgbouncer]'],
      ...['listen_addr = 127.0.0.1,127.0.0.2', `listen_port = ${bouncer.#port}`, 'unix_socket_dir ='],
      ...['auth_type = scram-sha-256', `auth_file = ${users}`, `default_pool_size = ${POOL_SIZE}`],
      // As soon as PostgreSQL is back, it is there.
      ...[
        'server_login_retry = 1',
        `admin_users = ${decodeURIComponent(username)}`,
        ...settings.map(withFiles),
      ],
    ]
    await writeFile(bouncer.#path('pgbouncer.ini'), `${config.join('\n')}\n`)
    const { uid, gid } = ACCOUNT
    if (uid !== undefined)
      for (const it of [folder, users, ...Object.values(files)]) await chown(it, uid, gid)
    await bouncer.#run()
    return bouncer
  }

  /** The URL of a database of the server, through it. */
  through(url: string): string {
    return Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(this.#port) }).href
  }

  /** What it wrote to its log. */
  log(): Promise<string> {
    return readFile(this.#path('log'), 'utf8')
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    await rm(this.#folder, { recursive: true, force: true })
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }

  async #run(): Promise<void> {
    const child = spawn(PROGRAM, [this.#path('pgbouncer.ini')], {
      ...{ ...ACCOUNT, stdio: ['ignore', 'ignore', 'pipe'] },
    })
    this.#child = child
    const lines: string[] = []
    const isUp = new Promise<void>((resolve, reject) => {
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        lines.push(text)
        if (lines.join('').includes('process up')) resolve()
      })
      child.once('exit', () => reject(new Error(`PgBouncer ended: ${lines.join('')}`)))
    })
    await isUp
  }
}
