import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../src/accounting/bytes.ts'
import { PendingBuilder } from '../../../src/accounting/waiting/pending.ts'
import { ann, bytes, deltaOf, events, HOUR, Meter, ppp, type Row } from '../readings.ts'

const INTERFACE = '<pppoe-ann@isp>'
/** A session with one name in `/ppp/active` and another in the server menu. */
const guessed = (counters: Bytes | undefined, isGuess = true) =>
  row(
    'acct-1001',
    '0x81300001',
    counters,
    counters && { interface: INTERFACE, isGuess, isInterchangeable: false },
  )
const owner = (counters: Bytes | undefined) =>
  row(
    'ann@isp',
    '0x81300002',
    counters,
    counters && { interface: INTERFACE, isGuess: false, isInterchangeable: false },
  )

function row(
  username: string,
  routerSessionId: string,
  counters: Bytes | undefined,
  joined: Row['joined'],
): Row {
  return ann(-HOUR, counters, { username, routerSessionId, joined })
}

/** The session that was guessed, and then the session to which the interface belongs. */
function refuted(): { meter: Meter; wrong: string; right: string } {
  const meter = new Meter()
  meter.read(ppp(0, [guessed(bytes(100, 1000))]))
  const wrong = meter.session.id
  meter.read(ppp(5, [guessed(bytes(150, 1500))]))
  meter.read(ppp(10, [guessed(undefined), owner(bytes(160, 1600))]))
  const right = meter.open.find(it => it.id !== wrong)?.id ?? ''
  return { meter, wrong, right }
}

describe('a PPP session that was joined by a guess', () => {
  it('is counted until another session proves to be on the interface', () => {
    const meter = new Meter()
    meter.read(ppp(0, [guessed(bytes(100, 1000))]))
    expect(deltaOf(meter.read(ppp(5, [guessed(bytes(150, 1500))])))).toEqual(bytes(50, 500))
    expect(meter.session).toMatchObject({ guessed: INTERFACE, recorded: bytes(150, 1500) })
  })

  it('loses everything that was counted for it to the session that proves to be there, which continues from there', () => {
    const { meter, wrong, right } = refuted()
    const of = (id: string) => meter.open.find(it => it.id === id)
    expect(of(wrong)).toMatchObject({ recorded: bytes(0, 0), mark: { kind: 'owed' }, guessed: undefined })
    expect(of(right)).toMatchObject({ recorded: bytes(160, 1600) })
  })

  it('loses them to the next login of its own account, if that was there in the same second', () => {
    const meter = new Meter()
    const recorded = new Map<string, number>()
    const read = (atS: number, id: string, counters: Bytes, isGuess: boolean) => {
      const joined = { interface: INTERFACE, isGuess, isInterchangeable: false }
      for (const { session } of meter.read(ppp(atS, [row('ann', id, counters, joined)])).entries)
        recorded.set(session.id, session.recorded.upload)
    }
    read(0, '0x81300001', bytes(4, 53), true)
    read(3, '0x81300002', bytes(100, 1000), false)
    read(6, '0x81300002', bytes(150, 1500), false)
    read(9, '0x81300002', bytes(150, 1500), false)
    expect([...recorded.values()]).toEqual([0, 150])
  })

  it('is reported, with both accounts and the bytes', () => {
    const meter = new Meter()
    meter.read(ppp(0, [guessed(bytes(100, 1000))]))
    const { id } = meter.session
    const decision = meter.read(ppp(5, [owner(bytes(160, 1600)), guessed(undefined)]))
    expect(decision.events.at(-1)).toMatchObject({
      kind: 'moved',
      detail: { username: 'ann@isp', from: 'acct-1001', from_session_id: id, ...bytes(100, 1000) },
    })
    expect(decision.moves).toEqual([{ from: id, to: meter.open.find(it => it.id !== id)?.id }])
  })

  it('loses them too if it is gone meanwhile, and over a restart', () => {
    const meter = new Meter()
    meter.read(ppp(0, [guessed(bytes(100, 1000))]))
    meter.restart()
    meter.read(ppp(5, [owner(bytes(160, 1600))]))
    meter.read(ppp(10, [owner(bytes(160, 1600))]))
    expect(meter.session).toMatchObject({ username: 'ann@isp', recorded: bytes(160, 1600) })
  })

  it.each([
    ['began since', { login: 3 }, bytes(160, 1600)],
    ['shows less', { login: -HOUR }, bytes(90, 1600)],
  ])('keeps its bytes if the session on an interface of that name %s', (_, { login }, counters) => {
    const meter = new Meter()
    meter.read(ppp(0, [guessed(bytes(100, 1000))]))
    const decision = meter.read(ppp(5, [guessed(undefined), { ...owner(counters), login }]))
    expect(events(decision)).not.toContain('moved')
    expect(meter.open.find(it => it.username === 'acct-1001')?.recorded).toEqual(bytes(100, 1000))
  })

  it('loses its bytes to a session that began while the menus were printed, since an .id is of one interface', () => {
    const joined = { interface: INTERFACE, interfaceId: '*2A', isInterchangeable: false }
    const meter = new Meter()
    // The reading has the time of the request for `/ppp/active`. The interface came after that, and before its menu.
    meter.read(ppp(0, [row('ann', '0x81300001', bytes(4, 53), { ...joined, isGuess: true })]))
    const next = row('ann', '0x81300002', bytes(100, 1000), { ...joined, isGuess: false })
    const decision = meter.read(ppp(5, [{ ...next, login: 2 }]))
    expect(events(decision)).toContain('moved')
    expect(deltaOf(decision)).toEqual(bytes(96, 947))
    meter.read(ppp(10, [{ ...next, login: 2 }]))
    expect(meter.session).toMatchObject({ routerSessionId: '0x81300002', recorded: bytes(100, 1000) })
  })

  it('loses what waits for the database with the rest', () => {
    const meter = new Meter()
    meter.read(ppp(0, [guessed(bytes(100, 1000))]))
    const builder = new PendingBuilder(0)
    const share = (upload: number, download: number) => [
      { bucketStartMs: 0, day: '2026-11-24', upload, download },
    ]
    for (const [second, rows] of [
      [5, [guessed(bytes(150, 1500))]],
      [10, [guessed(undefined), owner(bytes(160, 1600))]],
    ] as const)
      meter.read(ppp(second, rows), undefined, decision =>
        builder.add(
          decision,
          new Map(
            decision.entries.map(entry => [
              entry,
              entry.kind === 'stop'
                ? []
                : entry.counted.flatMap(it => share(it.delta.upload, it.delta.download)),
            ]),
          ),
        ),
      )
    const { sessions, moves } = builder.build()
    const sums = Array.from(sessions.values(), ({ session, shares }) => [
      session.username,
      [...shares.values()].map(it => it.upload),
    ])
    expect(sums).toEqual([
      ['acct-1001', []],
      ['ann@isp', [60]],
    ])
    expect(moves).toHaveLength(1)
  })
})

describe('a login in the last second of another, on an interface of the same name', () => {
  const on = (interfaceId: string, isGuess: boolean) => ({
    joined: { interface: INTERFACE, interfaceId, isGuess, isInterchangeable: false },
  })

  it.each([
    ['takes what was counted on the same interface', '*1', 1],
    ['takes nothing of what was counted on another', '*2', 0],
  ] as const)('%s', (_, interfaceId, moves) => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    meter.read(ppp(5, [ann(4, bytes(100, 800), { routerSessionId: '0x1', ...on('*1', true) })]))
    const next = ann(5, bytes(150, 900), { routerSessionId: '0x2', ...on(interfaceId, false) })
    expect(meter.read(ppp(6, [next])).moves).toHaveLength(moves)
  })
})
