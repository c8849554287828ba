import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeSentence } from '../../../../src/routeros/wire/words.ts'
import { hostOf } from './simulated/router.ts'

const LOGIN = sentence('/login', '=name=usage', '=password=any', '.tag=0')
/** The daemon's requests in the steady state, with constant tags. */
const POLL = Buffer.concat([
  sentence(
    '/ip/hotspot/active/print',
    '=.proplist=.id,server,user,address,mac-address,uptime,bytes-in,bytes-out',
    '.tag=1',
  ),
  sentence('/ppp/active/print', '=.proplist=.id,name,service,caller-id,address,uptime,session-id', '.tag=2'),
  sentence('/interface/print', '=.proplist=.id,name,type,rx-byte,tx-byte', '?type=pppoe-in', '.tag=3'),
])

/** Sends the daemon's requests and only counts the answers' bytes: the rest is the fleet's cost. */
export class BarePoller {
  readonly #sockets: Socket[] = []
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  async connect(routers: number, port: number): Promise<void> {
    for (let number = 0; number < routers; number++) {
      const socket = connect({ host: hostOf(number), port, noDelay: true })
      await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
      socket.on('data', chunk => {
        this.#bytes += chunk.length
      })
      socket.write(LOGIN)
      this.#sockets.push(socket)
    }
  }

  /** Polls each router once, evenly spread over the interval. */
  async pollRound(intervalMs: number): Promise<void> {
    const beganMs = performance.now()
    for (const [index, socket] of this.#sockets.entries()) {
      const restMs = beganMs + (index / this.#sockets.length) * intervalMs - performance.now()
      if (restMs > 1) await sleep(restMs)
      socket.write(POLL)
    }
    await sleep(Math.max(0, beganMs + intervalMs - performance.now()))
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

function sentence(...words: readonly string[]): Buffer {
  return encodeSentence(words.map(word => Buffer.from(word, 'latin1')))
}
