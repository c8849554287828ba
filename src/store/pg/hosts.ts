import { Client, type ClientConfig } from 'pg'
import { sendingTo } from './installation.ts'
import { type ConnectionLimits, limitConnection } from './pooler.ts'
import type { Sockets } from './sockets.ts'

/** Splits a URL with several hosts, such as `postgres://user:password@one:5432,two:5432/name`, into one for each. */
export function hostUrls(url: string): readonly string[] {
  const parts = /^([^/]*\/\/(?:[^@/?#]*@)?)([^/?#]*)(.*)$/s.exec(url)
  if (!parts) return [url]
  const [, before = '', hosts = '', after = ''] = parts
  return hosts.split(',').map(host => before + host + withTls(after))
}

/**
 * What pg takes as `verify-full` is called that, so that it prints no warning. With `uselibpqcompat=true` it takes
 * `sslmode` as libpq does.
 */
function withTls(after: string): string {
  if (/[?&]uselibpqcompat=true(&|$)/.test(after)) return after
  return after.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, '$1verify-full')
}

/** A standby is in recovery. A primary that was demoted by its settings only has read-only transactions. */
const IS_READ_ONLY = `select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as is_read_only`

/**
 * The hosts of a URL. Connections go to the current one; after a failure, or if it is read-only and must not be, to the
 * next.
 */
export class Hosts {
  readonly #urls: readonly string[]
  readonly #mayBeStandby: boolean
  #at = 0

  constructor(url: string, { mayBeStandby = false } = {}) {
    this.#urls = hostUrls(url)
    this.#mayBeStandby = mayBeStandby
  }

  get count(): number {
    return this.#urls.length
  }

  /** The URL of the host to connect to. */
  get url(): string {
    return this.#urls[this.#at] ?? ''
  }

  /** The first host, if another one is the current one. */
  get missed(): string | undefined {
    return this.#at === 0 ? undefined : this.#urls[0]
  }

  /** Takes the first host from now on. */
  restart(): void {
    this.#at = 0
  }

  /** Takes the next host from now on, if nobody has moved on from this one yet. */
  failed(url: string): void {
    if (url === this.url) this.#at = (this.#at + 1) % this.#urls.length
  }

  /**
   * Checks that a connected host takes writes. There is no other choice if there is only one.
   * @throws StandbyHost
   */
  async check(client: Pick<Client, 'query'>): Promise<void> {
    if (this.#urls.length === 1 || this.#mayBeStandby) return
    const { rows } = await client.query<{ is_read_only: boolean }>(IS_READ_ONLY)
    if (rows[0]?.is_read_only) throw new StandbyHost()
  }
}

/** One of several hosts takes no writes. The next one is tried. */
export class StandbyHost extends Error {
  override readonly name = 'StandbyHost'

  constructor() {
    super('this host of database.url takes no writes')
  }
}

/**
 * Makes a class of clients that connect to the current one of the hosts, and move on from it if that fails.
 * @param schema that of the installation's tables
 * @param limits of each connection
 */
export function clientOf(
  hosts: Hosts,
  schema: string | undefined,
  sockets: Pick<Sockets, 'make'>,
  limits: ConnectionLimits,
): HostClientClass {
  const sendToTables = sendingTo(schema)
  return class extends Client implements HostClient {
    isPooled = false
    readonly #connecting: { isDone: boolean }

    constructor(config?: ClientConfig) {
      const url = hosts.url
      const connecting = { isDone: false }
      const stream = () =>
        sockets.make().once('close', () => {
          if (!connecting.isDone) hosts.failed(url)
        })
      super({ ...config, connectionString: url, stream })
      sendToTables(this)
      this.#connecting = connecting
    }

    async setUp(): Promise<void> {
      await hosts.check(this)
      this.isPooled = await limitConnection(this, limits)
      this.#connecting.isDone = true
    }
  }
}

export interface HostClient extends Client {
  /** Whether it is connected through a pooler. */
  readonly isPooled: boolean
  /** Called when it is connected, before anything else is sent. @throws StandbyHost */
  setUp(): Promise<void>
}

/** Whether a client of a pool is connected through a pooler. */
export function isPooled(client: object): boolean {
  return 'isPooled' in client && client.isPooled === true
}

export type HostClientClass = new (config?: ClientConfig) => HostClient
