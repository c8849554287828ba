import { InvalidArgumentError, Option } from 'commander'
import { duration } from '../config/quantity.ts'
import type { UsageBy } from '../store/usage-query.ts'
import type { UsageFormat } from './usage-format.ts'

/** What the commands are given, as commander gives it. */
export interface CommonOptions {
  readonly config: string
}

export interface ProbeOptions extends CommonOptions {
  readonly json?: boolean
}

export interface StatusOptions extends ProbeOptions {
  readonly watch?: boolean
}

export interface UsageOptions extends CommonOptions {
  readonly tenant?: string
  readonly user?: string
  readonly from?: string
  readonly to?: string
  readonly by: UsageBy
  readonly format: UsageFormat
}

/** Each of `UsageBy`, in the help's order. */
export const USAGE_BY = Object.keys({
  day: true,
  month: true,
  user: true,
  router: true,
  session: true,
} satisfies Record<UsageBy, true>)

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

export function parseDay(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00Z`).toJSON()?.startsWith(text)) return text
  throw new InvalidArgumentError('It must be a day such as 2026-11-24.')
}

const CONFIG_VARIABLE = 'TIKMETER_CONFIG'
const DEFAULT_CONFIG = 'config/tikmeter.yaml'

export function configOption(): Option {
  return new Option('--config <file>', 'the config').env(CONFIG_VARIABLE).default(DEFAULT_CONFIG)
}

/** The config of a command that is still being typed: as it is there, else as `configOption` would have it. */
export function configFileOf(typed: string | undefined, env: NodeJS.ProcessEnv): string {
  return typed?.replace(/^~(?=\/)/, env['HOME'] ?? '~') ?? env[CONFIG_VARIABLE] ?? DEFAULT_CONFIG
}
