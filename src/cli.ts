#!/usr/bin/env node
import { Command, CommanderError, Option } from 'commander'
import { config as loadDotenv } from 'dotenv'
import {
  type CommonOptions,
  configOption,
  type ProbeOptions,
  parseDay,
  parseExpires,
  type StatusOptions,
  type TokenOptions,
  type UsageOptions,
} from './commands/arguments.ts'
import { migrate as migrateDatabase } from './commands/migrate.ts'
import { type OwnDatabase, withDatabase } from './commands/own-database.ts'
import { probe } from './commands/probe.ts'
import { status } from './commands/status.ts'
import { terminalOf } from './commands/terminal.ts'
import { token } from './commands/token.ts'
import { usage } from './commands/usage.ts'
import { USAGE_FORMATS } from './commands/usage-format.ts'
import { WrongUse } from './commands/wrong-use.ts'
import { formatFaults, summary } from './config/check.ts'
import type { Config } from './config/config.ts'
import { exposedSecret } from './config/exposure.ts'
import { type Loaded, loadConfig, loadDatabase, loadJournal } from './config/load.ts'
import { controlSocketOf } from './control-socket.ts'
import { Daemon } from './main.ts'
import { systemClock } from './runtime/clock.ts'
import { Stopping } from './runtime/lifecycle.ts'
import { createLogger, errorFields } from './runtime/logger.ts'
import { USAGE_COLUMNS } from './store/usage-query.ts'
import { VERSION } from './version.ts'

/** Done, failed, and wrong use or config: what supervisors and scripts go by. */
const DONE = 0
const FAILED = 1
const WRONG_USE = 2

async function run({ config: file }: CommonOptions): Promise<number> {
  const log = createLogger()
  const config = load(file)
  const exposed = exposedSecret(file)
  if (exposed) log.warn({ at: formatFaults([exposed]) }, 'a secret in the config can be read by others')
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
  const exposed = exposedSecret(file)
  if (exposed) console.error(`warning: ${formatFaults([exposed])}`)
  console.log(summary(config))
  return DONE
}

async function migrate({ config: file }: CommonOptions): Promise<number> {
  const database = loaded(loadDatabase(file, process.env))
  await migrateDatabase(database, ownDatabase())
  console.log('ok: the schema is up to date')
  return DONE
}

async function printToken({ config: file, tenant, admin, expires }: TokenOptions): Promise<number> {
  const config = load(file)
  const isAdmin = admin === true
  console.log(await token({ config, tenant, isAdmin, expiresInMs: expires, clock: systemClock }))
  return DONE
}

async function probeRouters(
  which: string | undefined,
  { config: file, json }: ProbeOptions,
): Promise<number> {
  const config = load(file)
  const isWell = await probe({
    ...{ config, which, isJson: json === true },
    terminal: terminalOf(process.stdout, process.stderr),
    clock: systemClock,
    signal: interrupted(),
  })
  return isWell ? DONE : FAILED
}

async function showStatus({ config: file, json, watch }: StatusOptions): Promise<number> {
  const journal = loaded(loadJournal(file))
  await status({
    socket: controlSocketOf(journal.directory),
    ...{ isJson: json === true, isWatching: watch === true },
    terminal: terminalOf(process.stdout, process.stderr),
    clock: systemClock,
    signal: interrupted(),
  })
  return DONE
}

async function printUsage({
  config: file,
  tenant,
  user,
  from,
  to,
  by,
  format,
}: UsageOptions): Promise<number> {
  const database = loaded(loadDatabase(file, process.env))
  if (from !== undefined && to !== undefined && from > to) return wrong('--from is after --to')
  const question = { tenant, user, from, to, by }
  await withDatabase(database, ownDatabase(), url =>
    usage({ url, question, format, out: process.stdout }),
  )
  return DONE
}

function ownDatabase(): OwnDatabase {
  return { clock: systemClock, log: createLogger('warn') }
}

/** Aborts at SIGINT, so that what is under way can end as it should. */
function interrupted(): AbortSignal {
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  return stopping.signal
}

/** @throws FaultyConfig */
function load(file: string): Config {
  return loaded(loadConfig(file, process.env))
}

/** @throws FaultyConfig */
function loaded<T>(outcome: Loaded<T>): T {
  if (outcome.kind === 'loaded') return outcome.config
  throw new FaultyConfig(formatFaults(outcome.faults))
}

/** Nothing is done with a config that has faults; the message is all of them, a line each. */
class FaultyConfig extends Error {
  override readonly name = 'FaultyConfig'
}

function wrong(message: string): number {
  console.error(`error: ${message}`)
  return WRONG_USE
}

async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = DONE
  const program = new Command('tikmeter')
    .description('Usage accounting for MikroTik hotspots and PPP.')
    .version(VERSION)
    .exitOverride()
  const command = <Given extends unknown[]>(
    name: string,
    description: string,
    action: (...given: Given) => number | Promise<number>,
  ) =>
    program
      .command(name)
      .description(description)
      .addOption(configOption())
      .action(async (...given: Given) => {
        exitCode = await action(...given)
      })
  command('run', 'the daemon', run)
  command('check', "the config's faults, all at once", check)
  command('probe [tenant/router]', 'log in to routers, and say what is wrong with them', probeRouters).option(
    '--json',
    'for programs',
  )
  command('status', 'how the running daemon and its routers are doing, the worst first', showStatus)
    .option('--watch', 'again and again')
    .option('--json', 'for programs')
  command('usage', 'usage from the database, this month unless told', printUsage)
    .option('--tenant <id>', 'only this one')
    .option('--user <name>', 'only of this user')
    .option('--from <day>', "the first of the tenant's days", parseDay)
    .option('--to <day>', 'the last one', parseDay)
    .addOption(new Option('--by <what>', 'a row for each').choices(Object.keys(USAGE_COLUMNS)).default('day'))
    .addOption(new Option('--format <format>', 'how').choices(USAGE_FORMATS).default('table'))
  command('migrate', "bring the database's schema up to date, and stop", migrate)
  command('token', 'print a token for the feed and the API', printToken)
    .option('--tenant <id>', 'for one tenant')
    .option('--admin', 'for all of them')
    .option('--expires <duration>', 'from now', parseExpires, 30 * 86_400_000)
  try {
    await program.parseAsync(argv)
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USE
    if (error instanceof WrongUse) return wrong(error.message)
    if (error instanceof FaultyConfig) {
      console.error(error.message)
      return WRONG_USE
    }
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
    return FAILED
  }
}

loadDotenv({ quiet: true })
process.exitCode = await main(process.argv)
