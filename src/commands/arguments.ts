import { InvalidArgumentError, Option } from 'commander'
import { duration } from '../config/fields/quantity.ts'
import type { DecidableKind } from '../store/events/event-bytes.ts'
import type { EventQuestion } from '../store/usage/event-query.ts'
import type { UsageBy, UsageQuestion } from '../store/usage/usage-query.ts'
import type { UsageFormat } from './usage-format.ts'
import { WrongUse } from './wrong-use.ts'

/** The options of all commands, as commander passes them. */
export interface CommonOptions {
  readonly config: string
}

export interface ProbeOptions extends CommonOptions {
  readonly json?: boolean
  readonly script?: boolean
}

/** What `add` adds. */
export const ADDED = ['router'] as const
export type Added = (typeof ADDED)[number]

export interface AddOptions extends CommonOptions {
  readonly tenant?: string
  readonly id?: string
  readonly host?: string
  readonly port?: number
  readonly user?: string
  readonly passwordStdin?: boolean
  readonly passwordFile?: string
  readonly plain?: boolean
  readonly file?: string
}

export interface StatusOptions extends CommonOptions {
  readonly json?: boolean
  readonly watch?: boolean
  readonly here?: boolean
}

export interface HealthOptions extends CommonOptions {
  readonly ready?: boolean
}

/** Options of the commands that print rows. */
interface RowOptions extends CommonOptions {
  readonly tenant?: string
  readonly user?: string
  readonly from?: string
  readonly to?: string
  readonly format: UsageFormat
}

export interface UsageOptions extends RowOptions {
  readonly by: UsageBy
}

/** @throws WrongUse */
export function usageQuestionOf({ tenant, user, by, ...days }: UsageOptions): UsageQuestion {
  return { tenant, user, ...daysOf(days), by }
}

function daysOf({ from, to }: Pick<RowOptions, 'from' | 'to'>) {
  if (from !== undefined && to !== undefined && from > to) throw new WrongUse('--from is after --to')
  return { from, to }
}

/** All values of `UsageBy`, in the order of the help. */
export const USAGE_BY = Object.keys({
  day: true,
  month: true,
  user: true,
  router: true,
  session: true,
} satisfies Record<UsageBy, true>)

export interface EventsOptions extends RowOptions {
  readonly router?: string
  readonly kind?: DecidableKind
  readonly undecided?: boolean
}

/** @throws WrongUse */
export function eventQuestionOf({
  tenant,
  router,
  user,
  kind,
  undecided,
  ...days
}: EventsOptions): EventQuestion {
  return { tenant, router, user, kind, ...daysOf(days), isUndecided: undecided === true }
}

export interface CreditOptions extends CommonOptions {
  readonly reason: string
  readonly by?: string
}

/** Verdicts on an event, with the decision that each leads to. */
export const DECISIONS = { accept: 'accepted', reject: 'rejected' } as const
export type Verdict = keyof typeof DECISIONS
/** All values of `Verdict`, in the order of the help. */
export const VERDICTS = Object.keys(DECISIONS)

export interface TokenOptions extends CommonOptions {
  readonly tenant?: string
  readonly admin?: boolean
  readonly expires: number
}

export function parseExpires(text: string): number {
  const checked = duration(text)
  if (checked.kind === 'right') return checked.value
  throw new InvalidArgumentError('It must be a duration such as 12h or 30d.')
}

export function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return Number(text)
  throw new InvalidArgumentError('It must be a number from 1 to 65535.')
}

export function parseDay(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00Z`).toJSON()?.startsWith(text)) return text
  throw new InvalidArgumentError('It must be a day such as 2026-11-24.')
}

/** Any number of up to 18 digits fits an id column of PostgreSQL. */
export function parseEvent(text: string): string {
  if (/^[1-9]\d{0,17}$/.test(text)) return text
  throw new InvalidArgumentError('It must be the id of an event, as `tikmeter events` prints it.')
}

/** A length that people still read. */
const MOST_CHARACTERS = 1_000

export function parseWords(text: string): string {
  const words = text.trim()
  if (words !== '' && words.length <= MOST_CHARACTERS) return words
  throw new InvalidArgumentError(`It must be a text of at most ${MOST_CHARACTERS} characters.`)
}

const CONFIG_VARIABLE = 'TIKMETER_CONFIG'
const DEFAULT_CONFIG = 'config/tikmeter.yaml'

export function configOption(): Option {
  return new Option('--config <file>', 'the config').env(CONFIG_VARIABLE).default(DEFAULT_CONFIG)
}

/** The config for completing a command line: as typed so far, else what `configOption` would use. */
export function configFileOf(typed: string | undefined, env: NodeJS.ProcessEnv): string {
  return typed?.replace(/^~(?=\/)/, env['HOME'] ?? '~') ?? env[CONFIG_VARIABLE] ?? DEFAULT_CONFIG
}
