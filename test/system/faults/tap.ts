import { connect, createServer } from 'node:net'
import { listening } from '../../runtime/listening.ts'

/** A connection between a client and a router that passes all bytes on, and keeps those of the client. */
export class Tap {
  readonly port: number
  readonly #heard: Buffer[]

  private constructor(port: number, heard: Buffer[]) {
    this.port = port
    this.#heard = heard
  }

  /** Starts a tap, which is closed when the test ends. */
  static async before({ host, port }: { host: string; port: number }): Promise<Tap> {
    const heard: Buffer[] = []
    const server = createServer(client => {
      const router = connect(port, host)
      router.on('error', () => {}) // `close` follows.
      client.on('data', chunk => heard.push(chunk))
      client.on('close', () => router.destroy())
      router.on('close', () => client.destroy())
      client.pipe(router).pipe(client)
    })
    return new Tap(await listening(server), heard)
  }

  /** What the client sent, one character per byte. */
  get heard(): string {
    return Buffer.concat(this.#heard).toString('latin1')
  }

  /** The MD5s that proved the password to an old router. */
  get proofs(): readonly string[] {
    return [...this.heard.matchAll(/=response=00([0-9a-f]{32})/g)].map(([, md5 = '']) => md5)
  }
}
