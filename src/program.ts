import { type Command, CommanderError } from 'commander'
import {
  type Added,
  type AddOptions,
  type CommonOptions,
  type CreditOptions,
  DECISIONS,
  type EventsOptions,
  eventQuestionOf,
  type HealthOptions,
  type ProbeOptions,
  type StatusOptions,
  type TokenOptions,
  type UsageOptions,
  usageQuestionOf,
  type Verdict,
} from './commands/arguments.ts'
import { type Actions, commandLine } from './commands/command-line.ts'
import { completionLines } from './commands/completion-lines.ts'
import { completionScript, type Shell } from './commands/completion-script.ts'
import { interrupted, stopRequest, untilInterrupted } from './commands/interruption.ts'
import { FaultyConfig, load, loaded } from './commands/needed-config.ts'
import { terminalOf } from './commands/terminal.ts'
import { ownDatabase, withTables } from './commands/with-tables.ts'
import { WrongUse } from './commands/wrong-use.ts'
import { formatFaults, summary } from './config/check.ts'
import { EnvFile } from './config/env-file.ts'
import { exposedSecret } from './config/exposure.ts'
import { loadBucket, loadDatabase, loadJournal } from './config/load.ts'
import { warningsOf } from './config/load-warned.ts'
import { logLevelOf, warnOf } from './daemon/config-file.ts'
import { controlSocketOf } from './daemon/control-socket.ts'
import { endings } from './daemon/endings.ts'
import { systemClock } from './runtime/clock.ts'
import { messageOf } from './runtime/failure.ts'
import { keepHeapTight } from './runtime/heap.ts'
import { Stopping } from './runtime/lifecycle.ts'
import { createLogger, errorFields } from './runtime/logger.ts'
import { printableLines } from './runtime/printable.ts'
import { VERSION } from './runtime/version.ts'

/** Exit codes, for supervisors and scripts: done, failed, wrong use or config. */
const DONE = 0
const FAILED = 1
const WRONG_USE = 2

/** Time after a start in which the first readings come, and the clients of the process before this one. */
const HEAP_GROWS_MS = 30_000

// Each command imports its own code when it runs: a shell that completes a command must not wait for all of it.

async function run({ config: file }: CommonOptions, envFile: EnvFile): Promise<number> {
  const log = createLogger()
  const config = load(file)
  log.level = logLevelOf(config, process.env)
  const exposed = exposedSecret(file, config.include)
  if (exposed) log.warn({ at: formatFaults([exposed]) }, 'a secret in the config can be read by others')
  warnOf(warningsOf(file, config), log)
  const stop = stopRequest(process, systemClock, signal => {
    log.error({ signal }, 'ended by a second signal; the journal has what was not committed')
    process.exit(FAILED)
  })
  const ends = endings({
    journalDirectory: config.journal.directory,
    ...{ fail: () => stop.end(FAILED), refuse: () => stop.end(WRONG_USE), log },
  })
  process.on('uncaughtException', ends.onBug)
  process.on('unhandledRejection', ends.onBug)
  const { Daemon } = await import('./daemon/daemon.ts')
  const daemon = new Daemon({
    ...{ configFile: file, config, env: process.env, envFile, clock: systemClock, log, ...ends },
  })
  try {
    await Promise.race([daemon.start(), stop.promise])
    // The heap first grows to what is kept for good; collecting it again and again meanwhile would delay the start.
    setTimeout(keepHeapTight, HEAP_GROWS_MS).unref()
  } catch (error) {
    if (!(error instanceof Stopping))
      log.fatal({ err: errorFields(error) }, `could not start: ${messageOf(error)}`)
    stop.end(FAILED)
  }
  const code = await stop.promise
  if (await daemon.stop()) return code
  log.error('not everything stopped in order; what was committed stands')
  // The shutdown deadline has passed, so the process must be ended. A code that forbids a restart is kept.
  process.exit(code === DONE ? FAILED : code)
}

async function check({ config: file }: CommonOptions): Promise<number> {
  const config = load(file)
  const { configWarnings } = await import('./commands/config-warnings.ts')
  const socket = controlSocketOf(config.journal.directory)
  for (const warning of await configWarnings(file, config, socket))
    console.error(`warning: ${formatFaults([warning])}`)
  console.log(summary(config))
  return DONE
}

async function migrate({ config: file }: CommonOptions): Promise<number> {
  const database = loaded(loadDatabase(file, process.env))
  const { migrate: migrateDatabase } = await import('./commands/migrate.ts')
  await migrateDatabase(database, ownDatabase())
  console.log('ok: the schema is up to date')
  return DONE
}

async function psql({ config: file }: CommonOptions): Promise<number> {
  const database = loaded(loadDatabase(file, process.env))
  if (database.kind === 'url') return wrong('database.url is set: run psql with that URL')
  const { openPsql } = await import('./commands/psql.ts')
  return openPsql(database.directory, { ...ownDatabase(), untilInterrupted })
}

async function printToken({ config: file, tenant, admin, expires }: TokenOptions): Promise<number> {
  const config = load(file)
  const isAdmin = admin === true
  const { token } = await import('./commands/token.ts')
  console.log(await token({ config, tenant, isAdmin, expiresInMs: expires, clock: systemClock }))
  return DONE
}

async function probeRouters(which: string | undefined, options: ProbeOptions): Promise<number> {
  const config = load(options.config)
  const { probe } = await import('./commands/probe.ts')
  const isWell = await probe({
    ...{ config, which, isJson: options.json === true, isScript: options.script === true },
    terminal: terminalOf(process.stdout, process.stderr),
    clock: systemClock,
    signal: interrupted(),
  })
  return isWell ? DONE : FAILED
}

async function add(_what: Added, options: AddOptions): Promise<number> {
  const { addRouter } = await import('./commands/add-router.ts')
  const { promptOn } = await import('./commands/prompt.ts')
  const signal = interrupted()
  const isAdded = await addRouter({
    ...{ options, env: process.env, clock: systemClock, signal },
    prompt: promptOn(process.stdin, process.stderr, signal),
    terminal: terminalOf(process.stdout, process.stderr),
  })
  return isAdded ? DONE : FAILED
}

async function showStatus({ config: file, json, watch, here }: StatusOptions): Promise<number> {
  const { status } = await import('./commands/status.ts')
  await status({
    socket: controlSocketIn(file),
    ...{ isJson: json === true, isWatching: watch === true, isHereOnly: here === true },
    terminal: terminalOf(process.stdout, process.stderr),
    clock: systemClock,
    signal: interrupted(),
  })
  return DONE
}

async function showHealth({ config: file, ready }: HealthOptions): Promise<number> {
  const { health } = await import('./commands/health.ts')
  return (await health(controlSocketIn(file), ready === true, console)) ? DONE : FAILED
}

async function printUsage(options: UsageOptions): Promise<number> {
  const printed = { question: usageQuestionOf(options), format: options.format, out: process.stdout }
  const { usage } = await import('./commands/usage.ts')
  return withTables(options, tables => usage({ ...tables, ...printed }))
}

async function printEvents(options: EventsOptions): Promise<number> {
  const printed = { question: eventQuestionOf(options), format: options.format, out: process.stdout }
  const { events } = await import('./commands/events.ts')
  return withTables(options, tables => events({ ...tables, ...printed }))
}

async function creditEvent(verdict: Verdict, event: string, options: CreditOptions): Promise<number> {
  const { config: file, reason, by } = options
  const bucketMs = loaded(loadBucket(file))
  const { credit, operatorOf } = await import('./commands/credit.ts')
  const { [verdict]: decision } = DECISIONS
  const decided = { event, decision, reason, by: by ?? operatorOf(process.env), bucketMs }
  return withTables(options, async (tables, { log }) =>
    console.log(await credit({ ...tables, decision: decided, log })),
  )
}

function controlSocketIn(file: string): string | undefined {
  return controlSocketOf(loaded(loadJournal(file, process.env)).directory)
}

function wrong(message: string): number {
  console.error(`error: ${message}`)
  return WRONG_USE
}

function printCompletion(shell: Shell): number {
  process.stdout.write(completionScript(shell))
  return DONE
}

async function printCompletions(program: Command, typed: readonly string[]): Promise<number> {
  for (const line of await completionLines(program, typed, process.env)) console.log(line)
  return DONE
}

/**
 * Runs one command line. Adds the variables of `.env` in the working directory to the environment; the daemon reads them
 * again at a reload.
 * @param argv like `process.argv`: the command is the third element
 * @returns the exit code, after all output was printed
 */
export async function main(argv: readonly string[]): Promise<number> {
  const envFile = new EnvFile('.env', process.env)
  let envTrouble: string | undefined
  let exitCode: number = DONE
  const actions: Actions = {
    run: options => run(options, envFile),
    ...{ check, migrate, add, probe: probeRouters, status: showStatus, usage: printUsage },
    ...{ token: printToken, health: showHealth, events: printEvents, credit: creditEvent, psql },
    completion: printCompletion,
    complete: words => printCompletions(program, words),
  }
  const program = commandLine(VERSION, actions, code => {
    exitCode = code
  })
  try {
    envTrouble = envFile.read()
    await program.parseAsync(argv)
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USE
    if (error instanceof WrongUse) return wrong(error.message)
    if (error instanceof FaultyConfig) {
      // What is missing in the config may be in it.
      if (envTrouble !== undefined) console.error(envTrouble)
      console.error(error.message)
      return WRONG_USE
    }
    console.error(`error: ${printableLines(messageOf(error))}`)
    return FAILED
  }
}
