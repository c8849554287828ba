import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { isConfigId } from '../accounting/ids.ts'
import { formatFaults } from '../config/check.ts'
import type { Config, RouterConfig, TenantConfig } from '../config/config.ts'
import { addToText } from '../config/edit/add-to-text.ts'
import { blockLines, type RouterEntry } from '../config/edit/router-entry.ts'
import { exposedSecret } from '../config/exposure.ts'
import { host as checkedHost } from '../config/fields/network-address.ts'
import type { Environment } from '../config/fields/variables.ts'
import { DISK, withText } from '../config/include/files.ts'
import { readWhole } from '../config/include/read-whole.ts'
import { loadConfig } from '../config/load.ts'
import { addressText } from '../config/shared-address.ts'
import { RepliesInFlight } from '../routeros/wire/replies-in-flight.ts'
import type { Clock } from '../runtime/clock.ts'
import { addedPassword } from './added-password.ts'
import type { AddOptions } from './arguments.ts'
import { isFaulty } from './findings.ts'
import { loaded } from './needed-config.ts'
import { probeOne } from './probe.ts'
import { probedText } from './probe-report.ts'
import type { Prompt } from './prompt.ts'
import { type Reached, reach } from './reach.ts'
import { replaceFile, textOfFile } from './replace-file.ts'
import { chooseTenant } from './router-choice.ts'
import type { Terminal } from './terminal.ts'
import { WrongUse } from './wrong-use.ts'

export interface AddRouter {
  readonly options: AddOptions
  readonly env: Environment
  readonly prompt: Prompt
  readonly terminal: Terminal
  readonly clock: Clock
  readonly signal: AbortSignal
}

const USUAL_USER = 'usage'

/**
 * Adds a router to a config: asks what was not given, logs in to the router, and writes the entry.
 * @returns whether it was written; if not, the terminal shows why
 * @throws WrongUse, FaultyConfig
 */
export async function addRouter(command: AddRouter): Promise<boolean> {
  const { options, env, prompt, terminal } = command
  const { config: configFile } = options
  const config = loaded(loadConfig(configFile, env))
  const answers = await ask(command, config)
  const { tenant, id, host, user } = answers
  const password = await addedPassword(options, { tenant: tenant.id, id }, env, prompt)
  const reached = await reach({ ...command, host, port: options.port })
  if (reached === undefined || !(await isAccepted(reached, prompt, terminal))) return false
  const entry: RouterEntry = {
    ...{ id, host, port: reached.isUsualPort ? undefined : reached.port },
    ...{ fingerprint: reached.certificate?.fingerprint, username: user, password: password.written },
  }
  const file = options.file ?? fileOf(configFile, tenant.id)
  if (!existsSync(dirname(file)))
    throw new WrongUse(`${dirname(file)} does not exist: create the folder first`)
  const before = textOfFile(file)
  const edited = addToText(before, tenant.id, entry)
  if (edited.kind === 'refused')
    throw new WrongUse(
      `cannot add it to ${file} (${edited.why}): add it by hand, or name another --file\n\n${byHand(entry)}`,
    )
  const after = loaded(loadConfig(configFile, password.env, withText(file, edited.text, DISK)))
  const router = after.tenants.find(it => it.id === tenant.id)?.routers.find(it => it.id === id)
  if (router === undefined)
    throw new WrongUse(`${file} is not a file of ${configFile}: add it to the include there`)
  const probed = await probeOne({ tenant, router }, command, RepliesInFlight.onThisMachine())
  terminal.print(probedText(probed))
  if (isFaulty(probed.findings)) {
    terminal.print('nothing was written')
    return false
  }
  await replaceFile(file, before, edited.text, configFile)
  report({ file, entry, unset: password.unset, same: sameAddress(config, router) }, terminal)
  const exposed = options.plain ? exposedSecret(configFile, after.include) : undefined
  if (exposed) terminal.print(`warning: ${formatFaults([exposed])}`)
  return true
}

/** Asks what was not given, and checks all of it before anything is sent to the router. */
async function ask({ prompt, options }: AddRouter, config: Config) {
  const { tenant: tenantId, id, host, user } = options
  const missing = Object.entries({ '--tenant': tenantId, '--id': id, '--host': host }).filter(
    ([, it]) => it === undefined,
  )
  if (missing.length > 0 && !prompt.isAsking)
    throw new WrongUse(`give ${missing.map(([option]) => option).join(', ')}: there is no terminal to ask on`)
  const [only, ...others] = config.tenants
  const usual = others.length === 0 ? only?.id : undefined
  const tenant = chooseTenant(config, tenantId ?? (await prompt.ask('tenant', usual)))
  const newId = checkedId(id ?? (await prompt.ask('id of the router, for good', undefined)), tenant)
  const address = checkedHost(host ?? (await prompt.ask('host', undefined)))
  if (address.kind === 'wrong') throw new WrongUse(`host ${address.message}`)
  const username = user ?? (prompt.isAsking ? await prompt.ask('user', USUAL_USER) : USUAL_USER)
  return { tenant, id: newId, host: address.value, user: username }
}

function checkedId(id: string, { id: tenant, routers }: TenantConfig): string {
  if (!isConfigId(id)) throw new WrongUse('id must be letters, digits, "-", "_" and ".", at most 64 of them')
  if (routers.some(it => it.id === id)) throw new WrongUse(`${tenant} already has a router ${id}`)
  return id
}

async function isAccepted(
  { certificate, why }: Reached,
  prompt: Prompt,
  terminal: Terminal,
): Promise<boolean> {
  if (certificate === undefined) {
    terminal.print(`warning: no TLS (${why}): the password and all numbers can be read on the way`)
    return !prompt.isAsking || (await prompt.isConfirmed('go on without TLS?', false))
  }
  terminal.print(`certificate of ${certificate.subject}\nsha256 ${certificate.fingerprint}`)
  return !prompt.isAsking || (await prompt.isConfirmed('pin it?', true))
}

/** The last file with the tenant: where its newest routers are. */
function fileOf(configFile: string, tenant: string): string {
  const read = readWhole(configFile, DISK)
  const file = read.kind === 'read' ? read.whole.lastFileOf(tenant) : undefined
  return file ?? configFile
}

function sameAddress(config: Config, router: RouterConfig): string | undefined {
  const address = addressText(router)
  for (const tenant of config.tenants)
    for (const other of tenant.routers) if (addressText(other) === address) return `${tenant.id}/${other.id}`
  return undefined
}

function byHand(entry: RouterEntry): string {
  return blockLines(entry)
    .map((line, index) => `${index === 0 ? '- ' : '  '}${line}`)
    .join('\n')
}

function report(
  added: { file: string; entry: RouterEntry; unset: string | undefined; same: string | undefined },
  terminal: Terminal,
): void {
  const { file, entry, unset, same } = added
  terminal.print(`added to ${file}:\n${byHand(entry)}`)
  if (same !== undefined)
    terminal.print(`warning: ${same} has the same address; a router that is read twice is counted twice`)
  if (unset !== undefined)
    terminal.print(`\nnow add its password to .env, from where a running daemon takes it too:\n${unset}=…`)
}
