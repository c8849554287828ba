import { userInfo } from 'node:os'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { credit, NotDecided, operatorOf } from '../../src/commands/credit.ts'
import { events } from '../../src/commands/events.ts'
import type { UsageFormat } from '../../src/commands/usage-format.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import type { EventQuestion } from '../../src/store/usage/event-query.ts'
import { addEvent, DECISION, quarantineBurst, sessionOf } from '../store/events/decision-scene.ts'
import { type LedgerScene, openLedgerScene } from '../store/pg/ledger-scene.ts'

const ANY: EventQuestion = {
  ...{ tenant: 'acme', router: undefined, user: undefined, kind: undefined },
  ...{ from: undefined, to: undefined, isUndecided: false },
}

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
  await scene.begin()
  await quarantineBurst(scene)
  const fell = { session_id: await sessionOf(scene, 'amina'), service: 'ppp', username: '=1+1,\u001b[2J' }
  await addEvent(scene, 'glitch', {
    ...fell,
    directions: ['upload'],
    upload: 9_007_199_254_740_991,
    download: 0,
  })
})
afterAll(() => scene.stop())

async function printed(format: UsageFormat, more: Partial<EventQuestion> = {}): Promise<string> {
  let text = ''
  const out = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  })
  await events({ url: scene.url, question: { ...ANY, ...more }, format, out })
  return text
}

function decided(event: number, decision: 'accepted' | 'rejected', by = 'ann'): Promise<string> {
  const log = createLogger('silent')
  return credit({ url: scene.url, decision: { ...DECISION, event: String(event), decision, by }, log })
}

test('events are printed for people, for spreadsheets, and with every byte for programs', async () => {
  const table = await printed('table', { kind: 'quarantine' })
  expect(table.split('\n')[0]).toMatch(
    /^ID {2}AT +TENANT +ROUTER +SERVICE +USERNAME +KIND +REASON +UPLOAD +DOWNLOAD +USED +DECISION +DECIDED_BY +DECIDED_AT +DECISION_REASON$/,
  )
  expect(table).toMatch(
    /\n 1 {2}2026-11-24T12:00:00\.000Z {2}acme +hq +ppp +amina +quarantine +more than .* 37\.25 GB/,
  )
  expect(table).toMatch(/\n\n1 row, 37\.25 GB in all\n$/)
  expect(await printed('table', { kind: 'glitch' })).toContain('\ufffd[2J')
  expect(await printed('table', { user: 'nobody' })).toBe('no events\n')
  expect(await printed('csv', { kind: 'glitch' })).toBe(
    `\ufeffid,at,tenant,router,service,username,kind,reason,upload,download,used,decision,decided_by,decided_at,decision_reason\r
2,2026-11-24T12:00:00.000Z,acme,hq,ppp,"'=1+1,\ufffd[2J",glitch,upload,9007199254740991,0,9007199254740991,,,,\r
`,
  )
  expect(await printed('json', { kind: 'glitch' })).toContain(
    '"upload":9007199254740991,"download":0,"used":9007199254740991,"decision":null',
  )
})

test('a decision is reported in a line, and a second one is refused', async () => {
  expect(await decided(1, 'accepted')).toBe(
    'ok: event 1 is accepted: 37.25 GB up, 7 B down added to amina of acme, on 2026-11-24',
  )
  await expect(decided(1, 'rejected', 'bo')).rejects.toThrow(
    /^event 1 was accepted by ann at \d{4}-\d\d-\d\dT[\d:.]+Z, which stands$/,
  )
  expect(await decided(2, 'rejected')).toMatch(
    /^ok: event 2 is rejected for good: 8\.00 PB up, 0 B down stay out$/,
  )
  expect(await printed('table', { isUndecided: true })).toBe('no events\n')
  expect(await printed('csv')).toMatch(/,accepted,ann,\d{4}-[\dT:.-]+Z,a backup\r\n2,.*,rejected,ann,/)
})

test('without a decision the reason is printed, with what is possible', async () => {
  const session = { session_id: await sessionOf(scene, 'amina'), upload: 9_007_199_254_740_991, download: 0 }
  const gone = { ...session, session_id: '00000000-0000-7000-8000-000000000001' }
  const bytes = { upload: 1, download: 1 }
  const refusals = [
    [4711, 'there is no event 4711: see `tikmeter events`'],
    [
      await addEvent(scene, 'reset', bytes),
      'is of kind reset: only quarantine, baseline, discarded, glitch can',
    ],
    [await addEvent(scene, 'baseline', {}), 'has no bytes that could be counted'],
    [
      await addEvent(scene, 'discarded', bytes),
      'does not belong to a single session, .* it can only be rejected',
    ],
    [await addEvent(scene, 'glitch', gone), 'no longer \\(retention.sessions\\), .* it can only be rejected'],
    [await addEvent(scene, 'glitch', session), 'more than 9007199254740991 bytes'],
  ] as const
  for (const [event, why] of refusals) {
    const refusal = expect(decided(event, 'accepted')).rejects
    await refusal.toThrow(new RegExp(why))
    await refusal.toBeInstanceOf(NotDecided)
  }
})

test('the one who decides is the user who called sudo', () => {
  expect(operatorOf({ SUDO_USER: 'ann' })).toBe('ann')
  expect(operatorOf({ SUDO_USER: '' })).toBe(userInfo().username)
  expect(operatorOf({})).toBe(userInfo().username)
})
