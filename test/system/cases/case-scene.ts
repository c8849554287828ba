import { v7 as uuid } from 'uuid'
import { expect, onTestFinished } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { routerId, routerKey, sessionId, tenantId } from '../../../src/accounting/ids.ts'
import { ALL_ROWS } from '../../../src/accounting/limits/admission.ts'
import { inOneGo } from '../../../src/accounting/steps.ts'
import { Rollup } from '../../../src/live/rollup.ts'
import { ReadLimit } from '../../../src/poller/read-limit.ts'
import { RouterLoop } from '../../../src/poller/router-loop.ts'
import { Slot } from '../../../src/poller/slot.ts'
import { Recorder } from '../../../src/recording/recorder.ts'
import { RouterBook } from '../../../src/recording/router-book.ts'
import { RouterBooks } from '../../../src/recording/router-books.ts'
import { Router } from '../../../src/routeros/router.ts'
import { Progress } from '../../../src/runtime/progress.ts'
import type { HotspotDomain } from '../../../src/services/hotspot/hotspot-rows.ts'
import type { SimulatedService } from '../../harness/services.ts'
import { FakeJournal, recordedRouter } from '../../recording/recorder-scene.ts'
import { addressOf, PATIENT_MS, roomy } from '../../routeros/wire/dialled.ts'
import { type MenuPeer, type Menus, startMenuPeer } from '../../routeros/wire/menu-peer.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { LogLines } from '../../runtime/log-lines.ts'
import { newRouterServices } from '../../services/router-services.ts'
import { type LedgerScene, NOON } from '../../store/pg/ledger-scene.ts'
import {
  type StoredDay,
  type StoredEvent,
  type StoredSession,
  storedDays,
  storedEvents,
  storedSessions,
} from './stored-rows.ts'

const ABOUT = { ...recordedRouter('hq'), tenant: tenantId('acme'), router: routerId('hq') }
const KEY = routerKey(ABOUT.tenant, ABOUT.router)
const SPREADING = { bucketMs: 900_000, calendar: new Calendar('Africa/Nairobi') }
/** The wait after the first failure, without jitter. */
const BACK_OFF_MS = 1_000

/** How the daemon runs while it reads: the numbers must be the same either way. */
export const LIVES = ['in one process', 'with a restart after each reading'] as const
export type Life = (typeof LIVES)[number]

/** How a case's daemon reads its router. */
export interface Setting {
  /** By default the hotspot alone. */
  readonly services?: readonly SimulatedService[]
  /** By default one second. */
  readonly everyMs?: number
  readonly isListening?: boolean
  readonly hotspotDomain?: HotspotDomain
  readonly life?: Life
}

/** The daemon from a router's menus, which the test writes, to the tables. Time passes only as it reads. */
export class CaseScene {
  readonly clock = new HandClock(new Date(NOON))
  readonly router: MenuPeer
  readonly #ledger: LedgerScene
  readonly #setting: Required<Setting>
  #n = 0
  #process: Process | undefined
  #isDropped = false
  #polled: { resolve(): void; reject(error: unknown): void } | undefined

  private constructor(ledger: LedgerScene, router: MenuPeer, setting: Required<Setting>) {
    this.#ledger = ledger
    this.router = router
    this.#setting = setting
  }

  /**
   * @param menusOf what the menus show in reading number `n`, counted from 0; menus left out are those of a router that
   *   has been up for ten days at the first reading and has no session
   */
  static async open(
    ledger: LedgerScene,
    menusOf: (n: () => number) => Menus,
    setting: Setting = {},
  ): Promise<CaseScene> {
    await ledger.beginUntaken()
    const router = await startMenuPeer({})
    const scene = new CaseScene(ledger, router, {
      ...{ services: ['hotspot'], everyMs: 1_000, isListening: false, hotspotDomain: 'part', life: LIVES[0] },
      ...setting,
    })
    const seconds = () => Math.floor((scene.clock.steadyMs() - NOON) / 1_000)
    Object.assign(router.menus, {
      '/system/resource': () => [{ uptime: `${10 * 86_400 + seconds()}s`, version: '7.20 (stable)' }],
      '/system/identity': () => [{ name: 'hq' }],
      ...{ '/ip/firewall/filter': () => [], '/ip/hotspot/active': () => [] },
      ...{ '/ppp/active': () => [], '/interface': () => [] },
      ...menusOf(() => scene.#n),
    })
    onTestFinished(() => scene.#stop())
    return scene
  }

  /** Reads `times` more times. Throws when a reading fails, or when the daemon would have ended. */
  async read(times = 1): Promise<void> {
    for (let time = 0; time < times; time++) {
      await this.#readOnce()
      this.#n++
      if (this.#setting.life === 'with a restart after each reading') await this.#restart()
    }
  }

  /** Drops the connection; the next reading uses another one. */
  drop(): void {
    for (const { socket } of this.router.clients) socket.destroy()
    this.#isDropped = this.#process !== undefined
  }

  async sessions(): Promise<readonly StoredSession[]> {
    await this.#commit()
    return storedSessions(this.#ledger)
  }

  async events(): Promise<readonly StoredEvent[]> {
    await this.#commit()
    return storedEvents(this.#ledger)
  }

  async days(): Promise<readonly StoredDay[]> {
    await this.#commit()
    return storedDays(this.#ledger)
  }

  async #readOnce(): Promise<void> {
    const polled = new Promise<void>((resolve, reject) => {
      this.#polled = { resolve, reject }
    })
    const { everyMs } = this.#setting
    if (!this.#process) this.#process = await this.#start()
    else if (this.#isDropped) {
      await this.clock.asleep(1)
      this.#isDropped = false
      await this.clock.turn(BACK_OFF_MS)
    } else {
      await this.clock.turn(everyMs)
      this.#process.slot.tick()
    }
    await polled
    this.#polled = undefined
  }

  async #restart(): Promise<void> {
    await this.#commit()
    await this.#stop()
    await this.clock.turn(this.#setting.everyMs)
  }

  async #commit(): Promise<void> {
    const uncommitted = await this.#process?.recorder.commit([KEY])
    for (const these of Object.values(uncommitted ?? {})) expect(these.size, 'what was not committed').toBe(0)
  }

  async #start(): Promise<Process> {
    const { store, leases } = this.#ledger
    const epoch = (await leases.acquire([ABOUT])).get(KEY)
    const stored = (await store.load([ABOUT])).get(KEY)
    if (epoch === undefined || !stored) throw new Error('the router is not in the database')
    const recorder = new Recorder({
      ...{ store, journal: new FakeJournal(), books: new RouterBooks() },
      spreadingOf: () => SPREADING,
      newSessionId: () => sessionId(uuid()),
      work: inOneGo,
      ...{ onAdopted: () => {}, onRecorded: () => {}, onForgotten: () => {} },
    })
    const book = new RouterBook(ABOUT, stored, new Rollup(), epoch)
    book.recover([], SPREADING)
    recorder.addRouter(book)
    const slot = new Slot(0, () => {})
    return { recorder, slot, ...this.#poll(recorder, slot) }
  }

  #poll(recorder: Recorder, slot: Slot): Pick<Process, 'stop' | 'ended'> {
    const { services, isListening, hotspotDomain } = this.#setting
    const { clock } = this
    const link = {
      services: newRouterServices(services, hotspotDomain),
      isListening,
      admission: () => ALL_ROWS,
      timeoutMs: PATIENT_MS,
      clock,
      ...roomy(),
    }
    const connect = (signal: AbortSignal) =>
      Router.connect({ ...link, address: addressOf(this.router) }, signal)
    const loop = new RouterLoop(
      { key: KEY, services, schedule: '* * * * * *', isEnabled: true, connect },
      slot,
      {
        readLimit: new ReadLimit({ concurrency: 1, clock }),
        progress: new Progress({ clock, withinMs: 120_000 }),
        observer: {
          polled: () => this.#polled?.resolve(),
          pollFailed: failure => {
            if (!this.#isDropped) this.#polled?.reject(failure)
          },
        },
        ...{
          sink: recorder,
          heldBack: () => undefined,
          random: () => 0,
          log: new LogLines().log,
          clock,
        },
      },
    )
    const stop = new AbortController()
    const ended = loop.run(stop.signal, stop.signal)
    // An error here is a bug, and would end the daemon.
    ended.catch(error => this.#polled?.reject(error))
    return { stop, ended }
  }

  async #stop(): Promise<void> {
    this.#process?.stop.abort()
    await this.#process?.ended
    this.#process = undefined
  }
}

interface Process {
  readonly recorder: Recorder
  readonly slot: Slot
  readonly stop: AbortController
  readonly ended: Promise<void>
}
