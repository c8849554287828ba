import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { formatFaults } from '../../src/config/check.ts'
import { parseConfig } from '../../src/config/load.ts'
import { CommandsTogether } from '../commands/commands-together.ts'
import { SECRET, WEBHOOK_ENV } from '../config/config-text.ts'
import { blocksIn, readDocument } from './documents.ts'

const ENV = {
  ...WEBHOOK_ENV,
  METRICS_TOKEN: 'of-prometheus-alone',
  NATS_PASSWORD: 'hush',
  PUSHER_SECRET: 'hush',
  REVERB_SECRET: 'hush',
  SLACK_URL: 'https://hooks.slack.com/services/x',
  SMTP_PASSWORD: 'hush',
}

/** What a config needs besides. */
const REST = { auth: { secret: SECRET }, tenants: [] }
/** What a tenant needs besides, and its mails. */
const ACME = { id: 'acme', routers: [] }
const SMTP = { host: 'mail.example', from: 'tikmeter@mail.example' }

/** A whole config with a part that a document shows: keys of the file or, with the note `tenant`, of a tenant. */
function whole(text: string, note: string): unknown {
  const part: object = parse(text)
  return note === 'tenant' ? { ...REST, smtp: SMTP, tenants: [{ ...ACME, ...part }] } : { ...REST, ...part }
}

test.each(blocksIn('yaml'))('the config at $at has no faults', ({ at, text, note }) => {
  const loaded = parseConfig(at, stringify(whole(text, note)), ENV)
  expect(loaded.kind === 'faulty' ? formatFaults(loaded.faults) : '').toBe('')
})

test.each(['README.md', 'docs/install.md', 'docs/configuration.md'])(
  'the first config of %s works as it stands, and makes tokens',
  async file => {
    const folder = mkdtempSync(join(tmpdir(), 'tikmeter-first-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [block] = readDocument(file).blocks.filter(it => it.language === 'yaml')
    mkdirSync(join(folder, 'config'))
    writeFileSync(join(folder, 'config/tikmeter.yaml'), block?.text ?? '')
    writeFileSync(join(folder, '.env'), `TIKMETER_SECRET="${SECRET}"\nACME_HQ_PASSWORD=x\n`)
    const commands = new CommandsTogether()
    const check = await commands.run({ argv: ['check'], folder, env: {} })
    expect(check).toMatchObject({ code: 0, stderr: '' })
    expect(check.stdout).toMatch(/^ok: 1 tenant, [01] routers?\n$/)
    const token = await commands.run({ argv: ['token', '--tenant', 'acme'], folder, env: {} })
    expect(token.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    expect(existsSync(join(folder, 'data'))).toBe(false)
  },
)

test('the keys that need a restart are all in docs/configuration.md', () => {
  const [, keys = ''] =
    /const RESTART_KEYS[^=]*=> unknown\]\)\[\] = \[(.*?)^\]/ms.exec(
      readFileSync('src/config/difference.ts', 'utf8'),
    ) ?? []
  const names = Array.from(keys.matchAll(/\['([a-z_.]+)'/g), ([, name = '']) => name)
  expect(names.length).toBeGreaterThan(10)
  const [, section = ''] =
    /^## When a change applies\n(.*?)^(?:## |<!--)/ms.exec(readDocument('docs/configuration.md').prose) ?? []
  const lacking = names.filter(name => !name.startsWith('poll.') && !section.includes(`\`${name}\``))
  expect(lacking).toEqual([])
})
