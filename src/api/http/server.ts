import { rm } from 'node:fs/promises'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  STATUS_CODES,
} from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext } from 'node:tls'
import type { Clock } from '../../runtime/clock.ts'
import type { Component } from '../../runtime/component.ts'
import type { Logger } from '../../runtime/logger.ts'
import { closedToOthers } from '../../runtime/umask.ts'
import type { Connections } from './connections.ts'
import { cannotListen, UnusableCertificate } from './server-errors.ts'

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Answers the requests of a server, once it is ready. */
export interface Api {
  ready(): PromiseLike<unknown>
  readonly routing: RequestListener
}

/** Where a server listens: on a port, or on a Unix socket that only its owner and root may open. */
export type ListenAt =
  /** `port` 0: any free one. `block`: the block of the config that has the address. */
  | {
      readonly kind: 'port'
      readonly host: string
      readonly port: number
      readonly block: 'server' | 'server.metrics'
    }
  /** A file at the path is removed: an earlier process left it behind. */
  | { readonly kind: 'socket'; readonly path: string }

export interface HttpServerOptions {
  readonly at: ListenAt
  /** PEM; `undefined` for plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  readonly api: Api
  /** The listeners for upgrade requests by path. A `*` at the end is any one segment. Other paths are refused. */
  readonly upgrades: ReadonlyMap<string, UpgradeListener>
  /** Closes connections beyond the limits; `undefined` if only commands of this machine connect. */
  readonly connections: Connections | undefined
  readonly clock: Clock
  readonly log: Logger
}

/** Thousands of clients come back at once after a restart. One that finds the backlog full tries again a second later. */
const BACKLOG = 4096
/** How long requests may still take at the stop. */
const STOP_WITHIN_MS = 2000
const MIN_TLS = 'TLSv1.2'
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  /** For the TLS handshake. */
  handshakeTimeout: 10_000,
  maxHeaderSize: 16 * 1024,
}

/**
 * Node's HTTP or HTTPS server at one address, with its limits and timeouts. It hands requests to the API, and upgrades to
 * their listeners.
 */
export class HttpServer implements Component {
  readonly #options: HttpServerOptions
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #starting: Promise<void> | undefined

  constructor(options: HttpServerOptions) {
    this.#options = options
  }

  /** The port that it listens on; `undefined` while it does not listen, and for a Unix socket. */
  get port(): number | undefined {
    const address = this.#server?.address()
    return typeof address === 'object' ? address?.port : undefined
  }

  /** @throws CannotListen, UnusableCertificate; for a Unix socket Node's error */
  start(): Promise<void> {
    this.#starting = this.#listen()
    return this.#starting
  }

  async #listen(): Promise<void> {
    const { at, tls, api, connections, log } = this.#options
    await api.ready()
    if (at.kind === 'socket') await rm(at.path, { force: true })
    const server = this.#createServer()
    server.on('connection', (socket: Socket) => {
      const forget = connections?.admit(socket)
      if (socket.destroyed) return
      this.#sockets.add(socket)
      // One listener, not `once`: each costs every open connection memory.
      socket.on('close', () => {
        this.#sockets.delete(socket)
        forget?.()
      })
    })
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error) => reject(at.kind === 'port' ? cannotListen(at, error) : error)
      server.once('error', fail)
      const listen = () => {
        server.listen({ ...at, backlog: BACKLOG }, () => {
          server.off('error', fail)
          resolve()
        })
      }
      // Node creates the socket's file before `listen` returns.
      if (at.kind === 'socket') closedToOthers(listen)
      else listen()
    })
    this.#server = server
    if (at.kind === 'port')
      log.info({ host: at.host, port: this.port, tls: tls !== undefined, by: at.block }, 'http listening')
  }

  /** Accepts no further connections, lets requests end, and after two seconds cuts off the rest, upgraded or not. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => {})
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    server.closeIdleConnections()
    const waiting = new AbortController()
    await Promise.race([closed, this.#options.clock.sleep(STOP_WITHIN_MS, waiting.signal)])
    waiting.abort()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /**
   * Uses another certificate for new connections; open ones stay. Does nothing without HTTPS.
   * @throws UnusableCertificate, and keeps the current one
   */
  setCertificate(pair: { readonly cert: string; readonly key: string }): void {
    if (!(this.#server instanceof TlsServer)) return
    try {
      // Tried alone first: a server that fails to set one keeps a part of it.
      createSecureContext(pair)
    } catch (cause) {
      throw new UnusableCertificate({ cause })
    }
    this.#server.setSecureContext({ ...pair, minVersion: MIN_TLS })
  }

  #createServer(): Server {
    const { tls, api } = this.#options
    if (tls === undefined) return createServer(TIMEOUTS, api.routing)
    try {
      return createTlsServer({ ...TIMEOUTS, ...tls, minVersion: MIN_TLS }, api.routing)
    } catch (cause) {
      throw new UnusableCertificate({ cause })
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { upgrades } = this.#options
    const path = request.url?.split('?', 1)[0] ?? ''
    const listener = upgrades.get(path) ?? upgrades.get(path.replace(/[^/]+$/, '*'))
    if (listener === undefined) refuseUpgrade(socket)
    else listener(request, socket, head)
  }
}

function refuseUpgrade(socket: Duplex): void {
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 404 ${STATUS_CODES[404]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
