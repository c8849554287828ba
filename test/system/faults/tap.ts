import { connect, createServer } from 'node:net'
import { listening } from '../../runtime/listening.ts'

/** Between a client and a router: hands on all bytes, and keeps the client's. */
export class Tap {
  readonly port: number
  readonly #heard: Buffer[]

  private constructor(port: number, heard: Buffer[]) {
    this.port = port
    this.#heard = heard
  }

  /** Goes with the test. */
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

  /** What the client said, a character a byte. */
  get heard(): string {
    return Buffer.concat(this.#heard).toString('latin1')
  }

  /** The MD5s by which the password was proved to an old router. */
  get proofs(): readonly string[] {
    return [...this.heard.matchAll(/=response=00([0-9a-f]{32})/g)].map(([, md5 = '']) => md5)
  }
}
