import { expect, test } from 'vitest'
import { decide } from '../../../src/accounting/decide.ts'
import { sessionId } from '../../../src/accounting/ids.ts'
import { adopt, NEW_LEDGER } from '../../../src/accounting/ledger.ts'
import type { Reading } from '../../../src/accounting/reading.ts'
import { HQ, ofService } from '../../accounting/readings.ts'
import { pick, type Random, seededRandom, wholeBelow } from '../../harness/fleet/random.ts'
import { runs } from '../../harness/random-runs.ts'
import { allRows } from '../../routeros/menus/all-rows.ts'
import { type LabSession, PppLab } from './ppp-lab.ts'

const SEEDS = runs(100)
const TERMS = { plausibleBitsPerSecond: 1e12, stalledAfterMs: 1e9 }
const BOOT = { earliestMs: 0, latestMs: 1_000 }
const USERS = ['ann', 'ann-1', 'bob']
const CALLERS = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03']

interface Moved {
  readonly session: LabSession
  /** Bytes that it moved so far, which its dynamic interface shows. */
  bytes: number
}

/** Sessions that come, go and move bytes between any two prints of one reading, but not during a print. */
class Churn {
  readonly all = new Map<string, Moved>()
  readonly #lab: PppLab
  readonly #random: Random

  constructor(lab: PppLab, random: Random) {
    this.#lab = lab
    this.#random = random
  }

  step(): void {
    for (const session of this.#lab.sessions) this.#move(session)
    if (wholeBelow(this.#random, 3) === 0) this.#login()
    const leaving = pick(this.#random, [...this.#lab.sessions])
    if (leaving && wholeBelow(this.#random, 3) === 0) {
      this.#lab.logout(leaving)
      // Half of them come back at once from the same caller.
      if (wholeBelow(this.#random, 2) === 0) this.#login(leaving)
    }
  }

  #move(session: LabSession): void {
    const moved = this.all.get(session.sessionId ?? '')
    if (!moved) return
    moved.bytes += 1 + wholeBelow(this.#random, 1_000)
    session.on.rx = `${moved.bytes}`
    session.on.tx = `${2 * moved.bytes}`
  }

  #login(again?: LabSession): void {
    const user = again?.user ?? pick(this.#random, USERS) ?? 'ann'
    const caller = again?.caller ?? pick(this.#random, CALLERS) ?? ''
    // A PPPoE server has one session per host and user, so twins have another caller.
    if ([...this.#lab.sessions].some(it => it.user === user && it.caller === caller)) return
    const session = this.#lab.login(user, { caller, name: this.#freeName(user) })
    this.all.set(session.sessionId ?? '', { session, bytes: 0 })
  }

  #freeName(user: string): string {
    const taken = new Set(Array.from(this.#lab.interfaces, it => it.name))
    let name = `<pppoe-${user}>`
    for (let count = 1; taken.has(name); count++) name = `<pppoe-${user}-${count}>`
    return name
  }
}

test('no session is billed for more than it moved, whatever logs in and out between the prints', async () => {
  let exact = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seededRandom(seed)
    const lab = await PppLab.open()
    const churn = new Churn(lab, random)
    const recorded = new Map<string, number>()
    let ledger = NEW_LEDGER
    lab.peer.afterPrint = () => churn.step()
    for (let round = 0; round < 40; round++) {
      for (let i = wholeBelow(random, 4); i > 0; i--) churn.step()
      await lab.clock.turn(wholeBelow(random, 3) * 2_500)
      const answer = await lab.menu.read()
      const { bindings, askedMs } = answer
      const rows = allRows(answer)
      const at = { wall: new Date(askedMs), steadyMs: askedMs }
      const reading: Reading = {
        ...ofService('ppp'),
        at,
        boot: BOOT,
        sessions: rows,
        unread: [],
        device: HQ,
        bindings,
      }
      let count = 0
      const decision = decide(ledger, reading, TERMS, () => sessionId(`${seed}-${round}-${count++}`))
      ledger = adopt(ledger, decision)
      for (const { kind, session } of decision.entries)
        if (kind !== 'stop') recorded.set(session.routerSessionId ?? '', session.recorded.upload)
    }
    for (const [id, { session, bytes }] of churn.all)
      expect(recorded.get(id) ?? 0, `${session.user} ${id}, seed ${seed}`).toBeLessThanOrEqual(bytes)
    lab.peer.afterPrint = () => {}
    // Sessions that are still there when nothing changes are exact to the byte.
    await lab.clock.turn(10_000)
    const rows = allRows(await lab.menu.read())
    for (const { routerSessionId, counters } of rows)
      if (counters?.upload === churn.all.get(routerSessionId ?? '')?.bytes) exact++
      else expect(counters).toBeUndefined()
  }
  expect(exact).toBeGreaterThan(2.5 * SEEDS)
})
