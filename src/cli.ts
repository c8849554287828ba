#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { config as loadDotenv } from 'dotenv'
import { tenantId } from './accounting/ids.ts'
import { formatFaults, summary } from './config/check.ts'
import type { Config } from './config/config.ts'
import { loadConfig } from './config/load.ts'
import { duration } from './config/quantity.ts'
import { type Grant, signToken } from './feed/authentication.ts'
import { Daemon } from './main.ts'
import { migrateOnly } from './migrate-only.ts'
import { systemClock } from './runtime/clock.ts'
import { Stopping } from './runtime/lifecycle.ts'
import { createLogger, errorFields } from './runtime/logger.ts'
import { VERSION } from './version.ts'

/** Done, failed, and wrong use or config: what supervisors and scripts go by. */
const DONE = 0
const FAILED = 1
const WRONG_USE = 2

interface CommonOptions {
  readonly config: string
}

interface TokenOptions extends CommonOptions {
  readonly tenant?: string
  readonly admin?: boolean
  readonly expires: number
}

async function run({ config: file }: CommonOptions): Promise<number> {
  const log = createLogger()
  const config = load(file)
  if (!config) return WRONG_USE
  if (config.pusher) log.warn('pusher is set, but this release has no Pusher endpoint')
  const ended = untilAsked()
  const onBug = (error: unknown) => {
    log.fatal({ err: errorFields(error), stack: error instanceof Error ? error.stack : undefined }, 'bug')
    ended.end(FAILED)
  }
  process.on('uncaughtException', onBug)
  process.on('unhandledRejection', onBug)
  const daemon = new Daemon({ configFile: file, config, env: process.env, clock: systemClock, log, onBug })
  try {
    await Promise.race([daemon.start(), ended.promise])
  } catch (error) {
    if (!(error instanceof Stopping)) log.fatal({ err: errorFields(error) }, 'could not start')
    ended.end(FAILED)
  }
  const code = await ended.promise
  if (await daemon.stop()) return code
  log.error('not everything stopped in order; what was committed stands')
  // The shutdown deadline: whatever still holds the process is let go.
  process.exit(FAILED)
}

/** Resolves with the exit code at SIGTERM or SIGINT, or when something is found that can't be gone on with. */
function untilAsked(): { promise: Promise<number>; end: (code: number) => void } {
  let end: (code: number) => void = () => {}
  const promise = new Promise<number>(resolve => {
    end = resolve
  })
  process.on('SIGTERM', () => end(DONE))
  process.on('SIGINT', () => end(DONE))
  // Asks for the config to be loaded again, and must not end the process while nobody listens for it yet or any more.
  process.on('SIGHUP', () => {})
  return { promise, end }
}

function check({ config: file }: CommonOptions): number {
  const config = load(file)
  if (!config) return WRONG_USE
  console.log(summary(config))
  return DONE
}

async function migrate({ config: file }: CommonOptions): Promise<number> {
  const config = load(file)
  if (!config) return WRONG_USE
  await migrateOnly(config, createLogger('warn'), systemClock)
  console.log('ok: the schema is up to date')
  return DONE
}

async function token({ config: file, tenant, admin, expires }: TokenOptions): Promise<number> {
  const config = load(file)
  if (!config) return WRONG_USE
  if ((tenant === undefined) === (admin === undefined)) return wrong('give either --tenant ID or --admin')
  if (config.auth.kind !== 'secret')
    return wrong('auth has no secret: tokens are made by the issuer whose key the config names')
  const expiresAt = new Date(Date.now() + expires)
  let grant: Grant = { kind: 'admin', expiresAt }
  if (tenant !== undefined) {
    const known = config.tenants.find(it => it.id === tenant)
    if (!known) return wrong(`no tenant ${JSON.stringify(tenant)} in ${file}`)
    grant = { kind: 'tenant', tenant: tenantId(tenant), expiresAt }
  }
  console.log(await signToken(grant, config.auth.secret.reveal()))
  return DONE
}

function load(file: string): Config | undefined {
  const loaded = loadConfig(file, process.env)
  if (loaded.kind === 'loaded') return loaded.config
  console.error(formatFaults(loaded.faults))
  return undefined
}

function wrong(message: string): number {
  console.error(`error: ${message}`)
  return WRONG_USE
}

function parseExpires(text: string): number {
  const checked = duration(text)
  if (checked.kind === 'right') return checked.value
  throw new InvalidArgumentError('It must be a duration such as 12h or 30d.')
}

function configOption(): Option {
  return new Option('--config <file>', 'the config').env('TIKMETER_CONFIG').default('config/tikmeter.yaml')
}

async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = DONE
  const program = new Command('tikmeter')
    .description('Usage accounting for MikroTik hotspots and PPP.')
    .version(VERSION)
    .exitOverride()
  const command = <T extends CommonOptions>(
    name: string,
    description: string,
    action: (options: T) => number | Promise<number>,
  ) =>
    program
      .command(name)
      .description(description)
      .addOption(configOption())
      .action(async (options: T) => {
        exitCode = await action(options)
      })
  command('run', 'the daemon', run)
  command('check', "the config's faults, all at once", check)
  command('migrate', "bring the database's schema up to date, and stop", migrate)
  command('token', 'print a token for the feed and the API', token)
    .option('--tenant <id>', 'for one tenant')
    .option('--admin', 'for all of them')
    .option('--expires <duration>', 'from now', parseExpires, 30 * 86_400_000)
  try {
    await program.parseAsync(argv)
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USE
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
    return FAILED
  }
}

loadDotenv({ quiet: true })
process.exitCode = await main(process.argv)
