import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Serves a page with its scripts, in order, on a free port. */
export class Pages {
  readonly #server: Server

  /** @param scripts by the name under which they are served */
  constructor(scripts: ReadonlyMap<string, string>) {
    const tags = Array.from(scripts.keys(), name => `<script src="/${name}"></script>`)
    const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>dashboard</title>${tags.join('')}</html>`
    this.#server = createServer((request, response) => {
      const script = scripts.get((request.url ?? '').slice(1))
      response.writeHead(200, { 'Content-Type': script === undefined ? 'text/html' : 'text/javascript' })
      response.end(script ?? html)
    })
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the pages are not served')
    return address.port
  }

  async start(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
