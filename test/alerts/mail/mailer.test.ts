import { setMaxListeners } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import type { Mail } from '../../../src/alerts/mail/mail.ts'
import { Mailer } from '../../../src/alerts/mail/mailer.ts'
import type { MailServer } from '../../../src/alerts/mail/smtp-line.ts'
import type { Outcome } from '../../../src/alerts/retry.ts'
import { wordingOf } from '../../../src/alerts/wording/wording.ts'
import { selfSignedIdentity } from '../../harness/fleet/certificate.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { listening } from '../../runtime/listening.ts'
import { LogLines } from '../../runtime/log-lines.ts'
import { ACME, NASTY, nasty, SENTENCES } from '../wording/sentences.ts'
import { LocalMailServer, PASSWORD, refusal } from './mail-server.ts'

const ID = '01999999-0000-7000-8000-000000000001'
const [, outage] = SENTENCES[3] ?? expect.fail()

class Scene {
  readonly clock = new HandClock('2026-11-26T10:00:30Z')
  readonly logged = new LogLines()
  readonly mailer = new Mailer({ clock: this.clock, log: this.logged.log })
  readonly cut = new AbortController()

  constructor(server: MailServer) {
    this.mailer.setServer(server)
    onTestFinished(() => this.mailer.close())
  }

  send(mail: Partial<Mail> = {}): Promise<Outcome> {
    const wording = wordingOf('fired', outage, ACME)
    const whole = { id: ID, to: ['noc@acme.example'], wording, rule: 'down', tenant: 'acme', ...mail }
    return this.mailer.send(whole, this.cut.signal)
  }
}

async function serving(
  tls: MailServer['tls'],
  account: Partial<MailServer> = {},
): Promise<{ readonly server: LocalMailServer; readonly scene: Scene }> {
  const server = new LocalMailServer(tls)
  await server.listen()
  onTestFinished(() => server.close())
  return { server, scene: new Scene({ ...server.account(tls), ...account }) }
}

test.each(['starttls', 'implicit', 'none'] as const)(
  'an alert is sent in plain text, with tls: %s',
  async tls => {
    const { server, scene } = await serving(tls)
    expect(await scene.send({ to: ['noc@acme.example', 'ann@acme.example'] })).toEqual({ kind: 'accepted' })
    const [mail] = server.arrived
    expect(mail).toMatchObject({
      ...{ from: 'tikmeter@isp.example', to: ['noc@acme.example', 'ann@acme.example'] },
      ...{ isTls: tls !== 'none', user: 'usage' },
      body: 'Router hq (Acme WISP) is offline: not read for 10 min, since 2026-11-26 12:50 (Africa/Nairobi); no answer within 10 s.\r\n\r\nTenant: acme\r\nAlert: down\r\n',
    })
    const { headers } = mail ?? expect.fail()
    expect(Object.fromEntries(headers)).toMatchObject({
      from: 'tikmeter <tikmeter@isp.example>',
      to: 'noc@acme.example, ann@acme.example',
      subject: 'Router hq (Acme WISP) is offline',
      'message-id': `<${ID}@isp.example>`,
      'auto-submitted': 'auto-generated',
      date: 'Thu, 26 Nov 2026 10:00:30 +0000',
    })
    expect(headers.get('content-type')).toMatch(/^text\/plain; charset=utf-8/)
  },
)

test('a mail that is sent again has the same Message-ID, which mail servers and readers recognise', async () => {
  const { server, scene } = await serving('none')
  await scene.send()
  await scene.send()
  const [first, second] = server.arrived
  expect(second?.headers.get('message-id')).toBe(first?.headers.get('message-id'))
})

test.each(NASTY)('a name cannot begin another header or recipient: %j', async text => {
  const { server, scene } = await serving('none')
  await scene.send({ wording: wordingOf('fired', ...nasty(text)), rule: 'down' })
  const [mail] = server.arrived
  expect([...(mail?.headers.keys() ?? [])].sort()).toEqual([
    ...['auto-submitted', 'content-transfer-encoding', 'content-type', 'date', 'from', 'message-id'],
    ...['mime-version', 'subject', 'to', 'x-auto-response-suppress'],
  ])
  expect(mail?.to).toEqual(['noc@acme.example'])
})

describe('the password', () => {
  it('never goes over a connection without TLS unless the operator says so', async () => {
    const server = new LocalMailServer('none')
    await server.listen()
    onTestFinished(() => server.close())
    const scene = new Scene(server.account('starttls'))
    expect(await scene.send()).toEqual({
      ...{ kind: 'unanswered', error: expect.stringMatching(/^the mail server does not offer TLS/) },
    })
    expect(server.arrived).toEqual([])
  })

  it('is not sent to a server with another certificate', async () => {
    const server = new LocalMailServer('starttls', selfSignedIdentity())
    await server.listen()
    onTestFinished(() => server.close())
    const scene = new Scene(server.account('starttls'))
    expect(await scene.send()).toEqual({
      ...{ kind: 'unanswered', error: 'certificate refused (DEPTH_ZERO_SELF_SIGNED_CERT)' },
    })
  })

  it('that is refused is retried, and neither it nor the answer is logged', async () => {
    const { scene } = await serving('starttls', { login: { user: 'usage', password: 'canary of the login' } })
    const outcome = await scene.send()
    expect(outcome).toEqual({
      kind: 'unanswered',
      error: 'login refused (SMTP 535): check smtp.user and smtp.password',
    })
    expect(JSON.stringify([outcome, scene.logged.lines])).not.toMatch(/canary/)
  })

  it('is not needed by a server that takes mails from this machine', async () => {
    const { server, scene } = await serving('none', { login: undefined })
    expect(await scene.send()).toEqual({ kind: 'accepted' })
    expect(server.arrived[0]?.user).toBeUndefined()
  })

  it('is replaced by a reload', async () => {
    const { server, scene } = await serving('none', { login: { user: 'usage', password: 'old' } })
    expect(await scene.send()).toMatchObject({ kind: 'unanswered' })
    scene.mailer.setServer(server.account('none'))
    expect(await scene.send()).toEqual({ kind: 'accepted' })
    expect(PASSWORD).not.toBe('old')
  })
})

describe('a mail server that', () => {
  it('does not want the message is not asked again', async () => {
    const { server, scene } = await serving('none')
    server.refusing.message = () => refusal(554, 'canary: looks like spam')
    expect(await scene.send()).toEqual({ kind: 'refused', error: 'message refused (SMTP 554)' })
  })

  it.each([
    ['is busy', 'message', 451, 'refused (SMTP 451)'],
    ['is greylisting', 'recipient', 450, 'all recipients refused (SMTP 450)'],
    ['knows no recipient', 'recipient', 550, 'all recipients refused (SMTP 550)'],
    ['does not accept the sender', 'sender', 553, 'sender refused (SMTP 553): check smtp.from'],
  ] as const)('%s is asked again later', async (_, what, code, error) => {
    const { server, scene } = await serving('none')
    server.refusing[what] = () => refusal(code, 'canary')
    expect(await scene.send()).toEqual({ kind: 'unanswered', error })
  })

  it('refuses some of the recipients has delivered, and they are reported once', async () => {
    const { server, scene } = await serving('none')
    server.refusing.recipient = address => (address.startsWith('gone') ? refusal(550, 'canary') : undefined)
    const to = ['noc@acme.example', 'gone@acme.example']
    expect(await scene.send({ to })).toEqual({ kind: 'accepted' })
    expect(await scene.send({ to })).toEqual({ kind: 'accepted' })
    expect(server.arrived.map(mail => mail.to)).toEqual([['noc@acme.example'], ['noc@acme.example']])
    expect(scene.logged.told).toMatchObject([{ level: 40, tenant: 'acme', refused: ['gone@acme.example'] }])
  })

  it('does not answer gets 15 seconds', async () => {
    const { server, scene } = await serving('none')
    server.refusing.answer = () => new Promise(() => {})
    const sent = scene.send()
    await server.untilArrived(1)
    await scene.clock.turn(15_000)
    expect(await sent).toEqual({ kind: 'unanswered', error: 'not sent within 15 s' })
    await expect.poll(() => server.open).toBe(0)
  })

  it('does not greet gets 15 seconds', async () => {
    let connections = 0
    const port = await listening(createServer(() => connections++))
    const scene = new Scene({
      ...{ host: '127.0.0.1', port, tls: 'none', ca: undefined, login: undefined, from: 'a@isp.example' },
    })
    const sent = scene.send()
    await expect.poll(() => connections).toBe(1)
    await scene.clock.turn(15_000)
    expect(await sent).toEqual({ kind: 'unanswered', error: 'not sent within 15 s' })
  })

  it('is away is asked again later', async () => {
    const { server, scene } = await serving('none')
    await server.close()
    expect(await scene.send()).toEqual({ kind: 'unanswered', error: 'connection refused' })
    scene.mailer.setServer({ ...server.account('none'), host: 'nobody.invalid' })
    expect(await scene.send()).toMatchObject({ error: expect.stringMatching(/^host unknown/) })
  })

  it('speaks another protocol is asked again later', async () => {
    const port = await listening(createServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    const scene = new Scene({
      ...{ host: '127.0.0.1', port, tls: 'none', ca: undefined, login: undefined, from: 'a@isp.example' },
    })
    expect(await scene.send()).toMatchObject({ kind: 'unanswered' })
  })
})

test('a mail is cut off when the daemon stops', async () => {
  const { server, scene } = await serving('none')
  server.refusing.answer = () => new Promise(() => {})
  const sent = scene.send()
  await server.untilArrived(1)
  scene.cut.abort()
  expect(await sent).toEqual({ kind: 'cut' })
  expect(await scene.send()).toEqual({ kind: 'cut' })
})

describe('a connection', () => {
  it('is kept for a moment between mails', async () => {
    const { server, scene } = await serving('none')
    for (let mail = 0; mail < 5; mail++) expect(await scene.send()).toEqual({ kind: 'accepted' })
    expect(server.connections).toBe(1)
    await scene.clock.turn(4_000)
    await expect.poll(() => server.open).toBe(0)
    expect(await scene.send()).toEqual({ kind: 'accepted' })
    expect(server.connections).toBe(2)
  })

  it('that the server closes meanwhile is replaced', async () => {
    const { server, scene } = await serving('none')
    await scene.send()
    await server.close()
    await server.listen()
    expect(await scene.send()).toEqual({ kind: 'accepted' })
    expect(server.connections).toBe(2)
  })

  it('is one of four at the most, and ends after fifty mails', async () => {
    const { server, scene } = await serving('none')
    setMaxListeners(100, scene.cut.signal)
    let [answering, most] = [0, 0]
    server.refusing.answer = async () => {
      most = Math.max(most, ++answering)
      await new Promise(resolve => setTimeout(resolve, 5))
      answering--
    }
    const sent = await Promise.all(Array.from({ length: 60 }, () => scene.send()))
    expect(new Set(sent.map(({ kind }) => kind))).toEqual(new Set(['accepted']))
    expect(most).toBe(4)
    delete server.refusing.answer
    for (let mail = 0; mail < 101; mail++) await scene.send()
    expect(server.connections).toBeGreaterThan(5)
  })
})
