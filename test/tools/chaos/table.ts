import type { ByteSum } from '../../../src/accounting/bytes.ts'
import { differenceOf } from '../../system/daemon/compare.ts'
import { CHURN_KINDS, ROUTER_LIES, SESSION_LIES } from './kinds.ts'
import type { Takeover } from './ownership-watch.ts'
import type { Tally } from './tally.ts'
import { MOST_AFTER_A_CRASH, MOST_IN_A_MOVE, unreadTimes } from './unread.ts'
import { type HeldDifference, shortOf, type Verdict } from './verdict.ts'

const MOST_LISTED = 15
const MOST_SHOWN = 3

/** The results of a run, for a terminal. */
export function tableOf(
  verdict: Verdict,
  tally: Tally,
  { takeovers, hasLies }: { readonly takeovers: readonly Takeover[]; readonly hasLies: boolean },
): string {
  const { comparison, account } = verdict
  const unread = unreadTimes(account.changesWithoutFaults, tally.happened, tally.crashes)
  const tails = account.subscribers.map(({ tail }) => tail)
  const rows: [string, string][] = [
    ['sessions', `${account.sessions}, recorded ${verdict.recordedSessions}`],
    ['subscribers', `${comparison.subscribers}`],
    ['  held to the byte', `${verdict.heldToTheByte}`],
    [
      '  held to a reading',
      `${verdict.heldToAReading}, ${verdict.lostToKills} bytes lost to kills amid logouts`,
    ],
    ['  held to a lie', `${verdict.heldToALie}, ${verdict.lostToLies} bytes that look like lies`],
    ['  lied about', `${account.subscribers.filter(it => it.isLiedAbout).length}`],
    ['readings', `${account.readings}`],
    ['bytes read', said(comparison.carried)],
    ['bytes recorded', said(comparison.recorded)],
    [
      'difference',
      `${differenceOf(comparison) - explainedOf(verdict)} bytes, of ${verdict.differences.length} subscribers`,
    ],
    ...Array.from(comparison.tables, ([table, sum]): [string, string] => [`  ${table}`, said(sum)]),
    ['longest gap', gapOf(verdict)],
    [
      'tail',
      `up ${tails.reduce((sum, it) => sum + it.upload, 0)}  down ${tails.reduce((sum, it) => sum + it.download, 0)}`,
    ],
    ['unread in moves', longestOf(unread.inMoves, MOST_IN_A_MOVE)],
    ['unread after crashes', longestOf(unread.afterCrashes, MOST_AFTER_A_CRASH)],
    ['takeovers, planned', tally.takeoverMs.map(seconds).join('  ') || 'none'],
    ['takeovers of routers', takeoversOf(takeovers)],
    ['largest load', `${tally.largestLoad.toFixed(2)} of an equal share, at the end`],
    ['changes of reader', `${account.readerChanges}`],
    ...eventRows(verdict),
  ]
  return [
    ...['', 'fault                          planned  injected'],
    ...faultRows(verdict, tally, hasLies),
    '',
    ...rows.map(([name, text]) => `${name.padEnd(24)} ${text}`),
    ...listed(verdict),
    ...tally.failures.map(it => `failed: ${it}`),
  ].join('\n')
}

function faultRows({ account }: Verdict, tally: Tally, hasLies: boolean): readonly string[] {
  const planned = Array.from(tally.counts, ([kind, count]) => {
    const skipped = count.skipped > 0 ? `  skipped ${count.skipped}: not possible here` : ''
    return `${kind.padEnd(30)} ${String(count.planned).padStart(7)} ${String(count.injected).padStart(9)}${skipped}`
  })
  const churn = CHURN_KINDS.map(
    kind => `${kind.padEnd(30)}       - ${String(account.churn[kind]).padStart(9)}`,
  )
  const lies = [...SESSION_LIES, ...ROUTER_LIES].map(
    kind => `${kind.padEnd(34)}   - ${String(account.lies[kind]).padStart(9)}`,
  )
  return [...planned, ...churn, ...(hasLies ? lies : [])]
}

/** Bytes that kills before the journal's flush cost, which are not a difference. */
function explainedOf({ comparison, differences }: Verdict): bigint {
  return differenceOf(comparison) - differenceOf({ ...comparison, differences })
}

function gapOf({ account }: Verdict): string {
  const gap = account.longestGap
  if (!gap) return 'none'
  const at = new Date(gap.fromMs).toISOString().slice(11, 19)
  return `${seconds(gap.toMs - gap.fromMs)} on ${gap.router} (${gap.service}) from ${at}, of routers with nothing wrong`
}

/** Expected events are listed even if there are none. */
function eventRows({ events }: Verdict): readonly [string, string][] {
  const absent = ['discarded', 'quarantine', 'baseline'].filter(
    kind => !events.some(it => it.kind.startsWith(kind)),
  )
  return [
    ...absent.map((kind): [string, string] => [`event ${kind}`, '0']),
    ...events.map(({ kind, count, bytes }): [string, string] => [
      `event ${kind}`,
      bytes === 0n ? `${count}` : `${count}, ${bytes} bytes`,
    ]),
  ]
}

function takeoversOf(takeovers: readonly Takeover[]): string {
  const expired = takeovers.filter(it => it.kind === 'expired').length
  return `${expired} of an expired lease, ${takeovers.length - expired} of a released one`
}

function listed({ differences, lookLikeLies }: Verdict): readonly string[] {
  const largest = [...lookLikeLies].sort((a, b) => Number(shortOf([b]) - shortOf([a])))
  return [
    ...largest.slice(0, MOST_SHOWN).map(it => `looks like a lie: ${lineOf(it)}`),
    ...differences.slice(0, MOST_LISTED).map(it => `differs: ${lineOf(it)}`),
  ]
}

function lineOf({ tenant, router, service, username, recorded, carried, leeway }: HeldDifference): string {
  const shorts = leeway.shorts.map(it => `${it.upload}/${it.download}`).join(' or ')
  const { upload, download } = leeway.slack
  return `${tenant}/${router} ${service} ${username}: recorded ${said(recorded)}, carried ${said(carried)}, may be short ${shorts}, and up to ${upload}/${download}`
}

function said({ upload, download }: ByteSum): string {
  return `up ${upload}  down ${download}`
}

function longestOf(times: readonly number[], most: number): string {
  const late = times.filter(it => it > most).length
  const longest = times.reduce((one, other) => Math.max(one, other), 0)
  return `${seconds(longest)} at most, of ${times.length} alone; ${late} longer than ${seconds(most)}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
