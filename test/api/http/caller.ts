import { type Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** A TCP connection to the server from an address of this machine, and what arrives on it. */
export class Caller {
  readonly socket: Socket
  /** Resolves to everything that arrived, once the connection is closed. */
  readonly ended: Promise<string>
  readonly #connected: Promise<void>
  #text = ''
  #arrived: () => void = () => {}

  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress })
    this.socket.on('error', () => {})
    this.socket.on('data', chunk => {
      this.#text += chunk.toString('latin1')
      this.#arrived()
    })
    this.#connected = new Promise(resolve => this.socket.once('connect', resolve))
    this.ended = new Promise(resolve =>
      this.socket.once('close', () => {
        this.#arrived()
        resolve(this.#text)
      }),
    )
  }

  /** Requests a page on the same connection. @returns the status, or 0 if the connection was closed instead */
  async ask(path: string, headers: readonly string[] = []): Promise<number> {
    await this.#connected
    this.#text = ''
    this.socket.write([`GET ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n'))
    while (!this.#text.includes('\r\n\r\n') && !this.socket.closed)
      await new Promise<void>(resolve => {
        this.#arrived = resolve
      })
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.#text)?.[1] ?? 0)
  }

  /** Writes, and resolves once the kernel has the text. */
  async write(text: string): Promise<void> {
    await this.#connected
    await new Promise(resolve => this.socket.write(text, resolve))
  }
}

/** Sends a request on a new connection from an address of this machine. @returns the status */
export function statusOf(
  port: number,
  path: string,
  more: {
    readonly localAddress?: string
    readonly headers?: Record<string, string>
    readonly method?: string
    readonly agent?: Agent
  } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent: false, ...more }, response => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    asked.on('error', reject)
    asked.end()
  })
}
