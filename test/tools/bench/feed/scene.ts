import { BenchChild, type Memory } from '../child.ts'
import type { ClientsQuestion, Listening, ServerQuestion, Watched } from './feed-messages.ts'

const CLIENT_PROCESSES = 2
const SETTLE_MS = 3_000

export interface SceneSize {
  readonly tenants: number
  readonly clients: number
}

/** A server with all its clients connected, in separate processes. */
export class Scene {
  readonly #size: SceneSize
  readonly #server: BenchChild
  readonly #clients: readonly BenchChild[]

  constructor(size: SceneSize) {
    this.#size = size
    this.#server = new BenchChild(new URL('server-child.ts', import.meta.url))
    this.#clients = Array.from(
      { length: CLIENT_PROCESSES },
      () => new BenchChild(new URL('clients-child.ts', import.meta.url)),
    )
  }

  /** @returns the server's memory before the first client */
  async connect(server: 'tikmeter' | 'bare'): Promise<Memory> {
    const { tenants, clients } = this.#size
    const start: ServerQuestion = { kind: 'start', server, tenants, sessions: 0 }
    const { port } = await this.#server.ask<Listening>(start)
    const before = await this.memory()
    const count = clients / CLIENT_PROCESSES
    await this.#askClients(index => ({
      ...{ kind: 'connect', port, tenants, first: index * count, count, topics: [] },
    }))
    await this.watch(SETTLE_MS)
    return before
  }

  /** The server's memory after garbage collection. */
  memory(): Promise<Memory> {
    const question: ServerQuestion = { kind: 'memory' }
    return this.#server.ask(question)
  }

  /** CPU time of the server so far, in milliseconds. */
  cpuMs(): Promise<number> {
    const question: ServerQuestion = { kind: 'cpu' }
    return this.#server.ask(question)
  }

  /** Makes this many clients stop reading. */
  async freeze(clients: number): Promise<void> {
    await this.#askClients(() => ({ kind: 'freeze', count: clients / CLIENT_PROCESSES, overMs: 0 }))
  }

  async watch(forMs: number): Promise<Watched> {
    const watched = await this.#askClients<Watched>(() => ({ kind: 'watch', forMs }))
    return {
      frames: watched.reduce((sum, { frames }) => sum + frames, 0),
      delaysMs: watched.flatMap(({ delaysMs }) => delaysMs),
      latenessMs: watched.flatMap(({ latenessMs }) => latenessMs),
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#server, ...this.#clients].map(child => child.stop()))
  }

  #askClients<Answer>(question: (index: number) => ClientsQuestion): Promise<Answer[]> {
    return Promise.all(this.#clients.map((child, index) => child.ask<Answer>(question(index))))
  }
}
