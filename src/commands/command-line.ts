import { Argument, Command, Option } from 'commander'
import { DECIDABLE_KINDS } from '../store/events/event-bytes.ts'
import {
  ADDED,
  type Added,
  type AddOptions,
  type CommonOptions,
  type CreditOptions,
  configOption,
  type EventsOptions,
  type HealthOptions,
  type ProbeOptions,
  parseDay,
  parseEvent,
  parseExpires,
  parsePort,
  parseWords,
  type StatusOptions,
  type TokenOptions,
  USAGE_BY,
  type UsageOptions,
  VERDICTS,
  type Verdict,
} from './arguments.ts'
import { SHELLS, type Shell } from './completion-script.ts'
import { USAGE_FORMATS } from './usage-format.ts'

type ExitCode = number | Promise<number>

/** The function behind each command. */
export interface Actions {
  run(options: CommonOptions): ExitCode
  check(options: CommonOptions): ExitCode
  add(what: Added, options: AddOptions): ExitCode
  probe(which: string | undefined, options: ProbeOptions): ExitCode
  status(options: StatusOptions): ExitCode
  health(options: HealthOptions): ExitCode
  usage(options: UsageOptions): ExitCode
  events(options: EventsOptions): ExitCode
  credit(verdict: Verdict, event: string, options: CreditOptions): ExitCode
  migrate(options: CommonOptions): ExitCode
  psql(options: CommonOptions): ExitCode
  token(options: TokenOptions): ExitCode
  completion(shell: Shell): ExitCode
  /** Completes a command line for a shell; `words` is what was typed so far. */
  complete(words: readonly string[]): ExitCode
}

/**
 * Defines the commands, for the parser, their help and the shells' completion.
 * @param ended called with the exit code of the command that ran
 */
export function commandLine(version: string, actions: Actions, ended: (exitCode: number) => void): Command {
  const program = new Command('tikmeter')
    .description('Usage accounting for MikroTik hotspots and PPP.')
    .version(version)
    .exitOverride()
    .configureHelp({ subcommandTerm: it => it.name() })
    .showHelpAfterError('(see tikmeter --help)')
    .addHelpText('after', examples('check', 'probe', 'run'))
  const command = <Given extends unknown[]>(
    name: string,
    description: string,
    action: (...given: Given) => ExitCode,
  ) =>
    program
      .command(name)
      .description(description)
      .showHelpAfterError(`(see tikmeter ${name} --help)`)
      .action(async (...given: Given) => ended(await action(...given)))
  const withConfig: typeof command = (...given) => command(...given).addOption(configOption())

  withConfig('run', 'run the daemon', actions.run).addHelpText(
    'after',
    examples('run', 'run --config /etc/tikmeter/tikmeter.yaml'),
  )
  withConfig('check', 'check the config, and print all of its faults', actions.check).addHelpText(
    'after',
    examples('check', 'check --config /etc/tikmeter/tikmeter.yaml'),
  )
  withConfig('add', 'add a router to the config', actions.add)
    .addArgument(new Argument('<what>', 'what to add').choices(ADDED))
    .option('--tenant <id>', 'whose it is')
    .option('--id <id>', 'its id, for good')
    .option('--host <host>', 'its name or address')
    .option('--port <port>', 'of its API; default: 8729, or 8728 without TLS', parsePort)
    .option('--user <name>', 'to log in as; default: usage')
    .option('--password-stdin', 'read the password from standard input')
    .addOption(
      new Option('--password-file <file>', 'name a file with the password in the config').conflicts([
        'passwordStdin',
        'plain',
      ]),
    )
    .option('--plain', 'write the password itself into the config')
    .option('--file <file>', 'where to write it; default: beside its tenant')
    .addHelpText(
      'after',
      examples(
        'add router',
        'add router --tenant acme --id north --host 10.1.0.2 --password-stdin < password',
      ),
    )
  withConfig('probe', 'log in to routers, and report what is wrong with them', actions.probe)
    .argument('[tenant/router]', 'a tenant or one router; default: all enabled routers')
    .option('--json', 'print JSON')
    .addOption(
      new Option('--script', "print lines for the router's terminal that set up what it lacks").conflicts(
        'json',
      ),
    )
    .addHelpText('after', examples('probe', 'probe acme --json', 'probe acme/hq --script'))
  withConfig('status', 'show how the daemons and their routers are doing, worst first', actions.status)
    .option('--here', 'only the daemon of this journal, and the routers that it reads')
    .option('--watch', 'repeat every two seconds')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('status', 'status --watch'))
  withConfig('health', 'exit 0 if the running daemon is alive, else 1', actions.health)
    .option('--ready', 'or if it counts: its database, pollers and journal work')
    .addHelpText('after', examples('health', 'health --ready'))
  withConfig('usage', 'print usage from the database; default: this month', actions.usage)
    .option('--tenant <id>', 'only this tenant')
    .option('--user <name>', 'only this user')
    .option('--from <day>', "first of the tenant's days", parseDay)
    .option('--to <day>', 'last of them', parseDay)
    .addOption(new Option('--by <what>', 'one row for each').choices(USAGE_BY).default('day'))
    .addOption(new Option('--format <format>', 'output format').choices(USAGE_FORMATS).default('table'))
    .addHelpText(
      'after',
      examples(
        'usage --by user',
        'usage --tenant acme --user ann --by session',
        'usage --from 2026-11-01 --to 2026-11-30 --format csv > november.csv',
      ),
    )
  withConfig('events', 'print bytes that were not counted, and the decisions on them', actions.events)
    .option('--tenant <id>', 'only this tenant')
    .option('--router <id>', 'only this router')
    .option('--user <name>', 'only this user')
    .addOption(new Option('--kind <kind>', 'only this kind').choices(DECIDABLE_KINDS))
    .option('--from <day>', "first of the tenant's days; default: all that are kept", parseDay)
    .option('--to <day>', 'last of them', parseDay)
    .option('--undecided', 'only events without a decision')
    .addOption(new Option('--format <format>', 'output format').choices(USAGE_FORMATS).default('table'))
    .addHelpText(
      'after',
      examples('events --undecided', 'events --tenant acme --kind quarantine --format csv > events.csv'),
    )
  withConfig('credit', "count an event's bytes after all, or reject them; final", actions.credit)
    .addArgument(new Argument('<verdict>', 'whether to count them').choices(VERDICTS))
    .argument('<event>', 'its id, as printed by events', parseEvent)
    .addOption(
      new Option('--reason <text>', 'why, for later questions').argParser(parseWords).makeOptionMandatory(),
    )
    .option('--by <who>', 'who decides; default: the user who runs this', parseWords)
    .addHelpText(
      'after',
      examples(
        'credit accept 4711 --reason "a backup over the new fibre"',
        'credit reject 4712 --reason "a broken counter"',
      ),
    )
  withConfig('migrate', "bring the database's schema up to date, and stop", actions.migrate).addHelpText(
    'after',
    examples('migrate'),
  )
  withConfig('psql', 'open psql on the embedded database', actions.psql).addHelpText(
    'after',
    examples('psql'),
  )
  withConfig('token', 'print a token for the feed and the API', actions.token)
    .option('--tenant <id>', 'for one tenant')
    .option('--admin', 'for all tenants')
    .addOption(
      new Option('--expires <duration>', 'how long it is valid')
        .argParser(parseExpires)
        .default(30 * 86_400_000, '30d'),
    )
    .addHelpText('after', examples('token --tenant acme', 'token --admin --expires 12h'))
  command('completion', "print a shell's completion script", actions.completion)
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', INSTALLING_COMPLETION)
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: readonly string[]) => ended(await actions.complete(words)))
  return program
}

function examples(...lines: readonly string[]): string {
  return ['', 'Examples:', ...lines.map(line => `  tikmeter ${line}`)].join('\n')
}

const INSTALLING_COMPLETION = `
Examples:
  source <(tikmeter completion bash)       # in ~/.bashrc
  source <(tikmeter completion zsh)        # in ~/.zshrc, after compinit
  tikmeter completion fish > ~/.config/fish/completions/tikmeter.fish`
