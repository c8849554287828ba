import { createServer, type Server, type Socket } from 'node:net'
import { SentenceDecoder } from '../../../src/routeros/wire/words.ts'
import { parseRequest, type Request } from '../../harness/fleet/request.ts'
import { formatUptime } from '../../harness/fleet/uptime.ts'
import type { Malice } from './malice.ts'
import { sentence } from './rows.ts'
import { Victim } from './victim.ts'

/** What it has done so far. */
export interface Misdeeds {
  readonly victims: number
  readonly sentBytes: number
}

const MAX_WORD_BYTES = 65_536
const SESSIONS = '/ip/hotspot/active'

/** A router without sessions, harmless until it is turned. */
export class HostileRouter {
  readonly #server: Server = createServer({ noDelay: true }, socket => this.#accept(socket))
  readonly #victims = new Set<Victim>()
  readonly #bootedMs = performance.now()
  #malice: Malice | undefined
  #count = 0
  #goneBytes = 0

  /** @returns the port */
  start(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address()
        if (address !== null && typeof address !== 'string') resolve(address.port)
        else reject(new Error('no address'))
      })
    })
  }

  /** Starts a malice. Open connections are closed; the next one is the first victim. */
  turn(malice: Malice): void {
    this.#malice = malice
    this.#count = 0
    this.#goneBytes = 0
    for (const victim of this.#victims) victim.hangUp()
  }

  misdeeds(): Misdeeds {
    let sentBytes = this.#goneBytes
    for (const victim of this.#victims) sentBytes += victim.sentBytes
    return { victims: this.#count, sentBytes }
  }

  stop(): void {
    this.#server.close()
    for (const victim of this.#victims) victim.hangUp()
  }

  #accept(socket: Socket): void {
    const malice = this.#malice
    const victim = new Victim(socket, this.#count++)
    const talk = new Talk(victim, malice ?? { about: 'nothing' }, () => performance.now() - this.#bootedMs)
    this.#victims.add(victim)
    const decoder = new SentenceDecoder({
      maxWordBytes: MAX_WORD_BYTES,
      onSentence: words => talk.hear(parseRequest(words)),
    })
    socket.on('data', chunk => decoder.push(chunk))
    socket.once('close', () => {
      this.#victims.delete(victim)
      if (this.#malice === malice) this.#goneBytes += victim.sentBytes
    })
  }
}

/** A conversation in which nothing is answered before the previous answer was sent. */
class Talk {
  readonly #victim: Victim
  readonly #malice: Malice
  readonly #uptimeMs: () => number
  #listen = '.tag=0'
  #polls = 0
  #isStraying = false

  constructor(victim: Victim, malice: Malice, uptimeMs: () => number) {
    this.#victim = victim
    this.#malice = malice
    this.#uptimeMs = uptimeMs
  }

  hear(request: Request): void {
    void this.#answer(request, `.tag=${request.tag ?? ''}`)
  }

  async #answer({ menu, verb }: Request, tag: string): Promise<unknown> {
    const victim = this.#victim
    const { login, sessions } = this.#malice
    switch (`${menu}/${verb}`) {
      case '/login':
        return login ? login(victim, tag) : this.#say(['!done', tag])
      case `${SESSIONS}/listen`:
        this.#listen = tag
        return undefined
      case `${SESSIONS}/print`:
        await (sessions ? sessions(victim, tag, this.#polls++) : this.#say(['!done', tag]))
        return this.#stray()
      case '/ppp/active/print':
      case '/interface/print':
      case '/ip/firewall/filter/print':
        return this.#say(['!done', tag])
      case '/system/resource/print':
        return this.#say(
          ['!re', tag, `=uptime=${formatUptime(this.#uptimeMs())}`, '=version=7.20 (stable)'],
          ['!done', tag],
        )
      case '/system/identity/print':
        return this.#say(['!re', tag, '=name=hostile'], ['!done', tag])
      case '/ppp/active/listen':
        return undefined
      default:
        return this.#say(['!trap', tag, '=message=no such command prefix'], ['!done', tag])
    }
  }

  /** One at a time, however often it is polled meanwhile. */
  async #stray(): Promise<void> {
    const { between } = this.#malice
    if (!between || this.#isStraying) return
    this.#isStraying = true
    await between(this.#victim, this.#listen)
    this.#isStraying = false
  }

  #say(...sentences: readonly (readonly string[])[]): Promise<boolean> {
    return this.#victim.send(Buffer.concat(sentences.map(words => sentence(...words))))
  }
}
