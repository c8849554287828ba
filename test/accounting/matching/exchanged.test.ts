import { describe, expect, it } from 'vitest'
import { addBytes, type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import { ann, bytes, events, HOUR, Meter, ppp, type Row } from '../readings.ts'

const [FIRST, SECOND] = ['<l2tp-ann>', '<l2tp-ann-1>']

/** One of two sessions of an account, with this session-id, on an interface that may be the other's. */
function one(
  number: number,
  on: string | undefined,
  counters: Bytes | undefined,
  isInterchangeable = true,
): Row {
  const joined = on === undefined ? undefined : { interface: on, isGuess: false, isInterchangeable }
  return ann(-HOUR, counters, { routerSessionId: `0x8140000${number}`, callerId: `100${number}`, joined })
}

/** The bytes that the account was billed. */
function account(meter: Meter, ended: Bytes = NO_BYTES): Bytes {
  return meter.open.reduce((sum, { recorded }) => addBytes(sum, recorded), ended)
}

/** Two sessions, each of which is on the other's interface. */
function crossed(): Meter {
  const meter = new Meter()
  meter.read(ppp(0, [one(1, SECOND, bytes(20, 2000)), one(2, FIRST, bytes(10, 100))]))
  return meter
}

describe('of two sessions of an account that cannot be told apart', () => {
  it('the one that stays continues from the mark of the interface that is left', () => {
    const meter = crossed()
    meter.read(ppp(5, [one(2, undefined, undefined)]))
    const decision = meter.read(ppp(10, [one(2, SECOND, bytes(25, 2500), false)]))
    expect(account(meter, bytes(20, 2000))).toEqual(bytes(35, 2600))
    expect(events(decision)).toEqual([])
  })

  it('the one that one reading missed continues from the mark of its own interface', () => {
    const meter = crossed()
    meter.read(ppp(5, [one(2, undefined, undefined)]))
    meter.read(ppp(10, [one(2, SECOND, bytes(25, 2500), false), one(1, undefined, undefined)]))
    meter.read(ppp(15, [one(2, SECOND, bytes(25, 2500), false), one(1, FIRST, bytes(15, 150), false)]))
    expect(account(meter)).toEqual(bytes(40, 2650))
  })

  it('each continues from the other if a new connection has them the other way around, also over a restart', () => {
    const meter = crossed()
    meter.restart()
    const decision = meter.read(ppp(5, [one(1, FIRST, bytes(15, 150)), one(2, SECOND, bytes(25, 2500))]))
    expect(account(meter)).toEqual(bytes(40, 2650))
    expect(events(decision)).toEqual([])
  })

  it('each continues from the mark from which no counter falls, if their interfaces were certain before', () => {
    const meter = new Meter()
    meter.read(ppp(0, [one(1, FIRST, bytes(10, 100), false), one(2, SECOND, bytes(20, 2000), false)]))
    const decision = meter.read(ppp(5, [one(1, SECOND, bytes(25, 2500)), one(2, FIRST, bytes(15, 150))]))
    expect(account(meter)).toEqual(bytes(40, 2650))
    expect(events(decision)).toEqual([])
  })

  it('one that stays on its interface is suspected of a reset like any other', () => {
    const meter = crossed()
    meter.read(ppp(5, [one(1, SECOND, bytes(1, 10)), one(2, FIRST, bytes(15, 150))]))
    const decision = meter.read(ppp(10, [one(1, SECOND, bytes(2, 20)), one(2, FIRST, bytes(15, 150))]))
    expect(account(meter)).toEqual(bytes(37, 2170))
    expect(events(decision)).toEqual(['reset'])
  })

  it.each([
    ['an interface on which nobody is known to have been', SECOND, FIRST],
    ['one whose counters are below its own, where it was certain before', undefined, SECOND],
  ])('one counts from the counters that are found on %s', (_, before, now) => {
    const meter = new Meter()
    meter.read(ppp(0, [one(1, before ?? FIRST, bytes(20, 2000), before !== undefined)]))
    const decision = meter.read(ppp(5, [one(1, now, bytes(10, 100))]))
    meter.read(ppp(10, [one(1, now, bytes(11, 110))]))
    expect(account(meter)).toEqual(bytes(21, 2010))
    expect(events(decision)).toEqual(['baseline'])
  })

  it('the marks of another account are never used', () => {
    const meter = crossed()
    const other = { ...one(3, FIRST, bytes(12, 120), false), username: 'bea' }
    meter.read(ppp(5, [other, one(1, SECOND, bytes(20, 2000)), one(2, undefined, undefined)]))
    expect(
      meter.open.find(it => it.username === 'ann' && it.routerSessionId === '0x81400002')?.recorded,
    ).toEqual(bytes(10, 100))
  })
})
