import { Argument, Command, Option } from 'commander'
import { DECIDABLE_KINDS } from '../store/events/event-bytes.ts'
import {
  type CommonOptions,
  type CreditOptions,
  configOption,
  type EventsOptions,
  type ProbeOptions,
  parseDay,
  parseEvent,
  parseExpires,
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

/** What the commands do. */
export interface Actions {
  run(options: CommonOptions): ExitCode
  check(options: CommonOptions): ExitCode
  probe(which: string | undefined, options: ProbeOptions): ExitCode
  status(options: StatusOptions): ExitCode
  usage(options: UsageOptions): ExitCode
  events(options: EventsOptions): ExitCode
  credit(verdict: Verdict, event: string, options: CreditOptions): ExitCode
  migrate(options: CommonOptions): ExitCode
  psql(options: CommonOptions): ExitCode
  token(options: TokenOptions): ExitCode
  completion(shell: Shell): ExitCode
  /** What a shell asks, for what is typed so far. */
  complete(words: readonly string[]): ExitCode
}

/**
 * The commands, as their help, the shells' completion and the parser know them.
 * @param ended is told the exit code of the one that was done
 */
export function commandLine(version: string, actions: Actions, ended: (exitCode: number) => void): Command {
  const program = new Command('tikmeter')
    .description('Usage accounting for MikroTik hotspots and PPP.')
    .version(version)
    .exitOverride()
    .configureHelp({ subcommandTerm: it => it.name() })
    .showHelpAfterError('(what there is: tikmeter --help)')
    .addHelpText('after', examples('check', 'probe', 'run'))
  const command = <Given extends unknown[]>(
    name: string,
    description: string,
    action: (...given: Given) => ExitCode,
  ) =>
    program
      .command(name)
      .description(description)
      .showHelpAfterError(`(what it takes: tikmeter ${name} --help)`)
      .action(async (...given: Given) => ended(await action(...given)))
  const withConfig: typeof command = (...given) => command(...given).addOption(configOption())

  withConfig('run', 'the daemon', actions.run).addHelpText(
    'after',
    examples('run', 'run --config /etc/tikmeter/tikmeter.yaml'),
  )
  withConfig('check', "the config's faults, all at once", actions.check).addHelpText(
    'after',
    examples('check', 'check --config /etc/tikmeter/tikmeter.yaml'),
  )
  withConfig('probe', 'log in to routers, and say what is wrong with them', actions.probe)
    .argument('[tenant/router]', 'of a tenant, or only this one; all that are enabled unless told')
    .option('--json', 'for programs')
    .addHelpText('after', examples('probe', 'probe acme', 'probe acme/hq --json'))
  withConfig('status', 'how the running daemon and its routers are doing, worst first', actions.status)
    .option('--watch', 'again and again')
    .option('--json', 'for programs')
    .addHelpText('after', examples('status', 'status --watch'))
  withConfig('usage', 'usage from the database, this month unless told', actions.usage)
    .option('--tenant <id>', 'only this one')
    .option('--user <name>', 'only of this user')
    .option('--from <day>', "the first of the tenant's days", parseDay)
    .option('--to <day>', 'the last one', parseDay)
    .addOption(new Option('--by <what>', 'a row for each').choices(USAGE_BY).default('day'))
    .addOption(new Option('--format <format>', 'how').choices(USAGE_FORMATS).default('table'))
    .addHelpText(
      'after',
      examples(
        'usage --by user',
        'usage --tenant acme --user ann --by session',
        'usage --from 2026-11-01 --to 2026-11-30 --format csv > november.csv',
      ),
    )
  withConfig('events', 'bytes that were not counted, and what was decided of them', actions.events)
    .option('--tenant <id>', 'only this one')
    .option('--router <id>', 'only of this router')
    .option('--user <name>', 'only of this user')
    .addOption(new Option('--kind <kind>', 'only these').choices(DECIDABLE_KINDS))
    .option('--from <day>', "the first of the tenant's days; all that are kept unless told", parseDay)
    .option('--to <day>', 'the last one', parseDay)
    .option('--undecided', 'only those that nobody has decided on')
    .addOption(new Option('--format <format>', 'how').choices(USAGE_FORMATS).default('table'))
    .addHelpText(
      'after',
      examples('events --undecided', 'events --tenant acme --kind quarantine --format csv > events.csv'),
    )
  withConfig('credit', "count an event's bytes after all, or reject them, for good", actions.credit)
    .addArgument(new Argument('<verdict>', 'what becomes of them').choices(VERDICTS))
    .argument('<event>', 'its id, as events tells it', parseEvent)
    .addOption(
      new Option('--reason <text>', 'why, for whoever asks later')
        .argParser(parseWords)
        .makeOptionMandatory(),
    )
    .option('--by <who>', 'who decides; the user who runs this unless told', parseWords)
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
  withConfig('psql', 'open psql on the database that tikmeter brings', actions.psql).addHelpText(
    'after',
    examples('psql'),
  )
  withConfig('token', 'print a token for the feed and the API', actions.token)
    .option('--tenant <id>', 'for one tenant')
    .option('--admin', 'for all of them')
    .addOption(
      new Option('--expires <duration>', 'from now').argParser(parseExpires).default(30 * 86_400_000, '30d'),
    )
    .addHelpText('after', examples('token --tenant acme', 'token --admin --expires 12h'))
  command('completion', 'print what makes a shell complete these commands', actions.completion)
    .addArgument(new Argument('<shell>', 'whose').choices(SHELLS))
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
