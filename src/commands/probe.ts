import pLimit from 'p-limit'
import type { Config } from '../config/config.ts'
import type { ConfiguredRouter } from '../config/difference.ts'
import { addressOf } from '../config/revealed.ts'
import { RouterError } from '../routeros/errors.ts'
import { probeRouter } from '../routeros/probe-router.ts'
import { budgetOf } from '../routeros/wire/budget.ts'
import { RepliesInFlight } from '../routeros/wire/replies-in-flight.ts'
import type { Clock } from '../runtime/clock.ts'
import { printableJson } from '../runtime/printable.ts'
import { routerServices } from '../services/services.ts'
import { findingsOf, findingsOfError, isFaulty } from './findings.ts'
import { ownAddressTo } from './own-address.ts'
import { type Probed, probedJson, probedText, summaryOf } from './probe-report.ts'
import { chooseRouters } from './router-choice.ts'
import { routerScript } from './router-script.ts'
import { SameDevice } from './same-device.ts'
import type { Terminal } from './terminal.ts'
import { WrongUse } from './wrong-use.ts'

export interface ProbeCommand {
  readonly config: Config
  /** `TENANT` or `TENANT/ROUTER`; `undefined`: all enabled routers. */
  readonly which: string | undefined
  readonly isJson: boolean
  /** Whether to print only the lines that set up what the routers lack. */
  readonly isScript: boolean
  readonly terminal: Terminal
  readonly clock: Clock
  /** Aborts what is under way. */
  readonly signal: AbortSignal
}

/**
 * Logs in to each router and prints its findings, in the order of the config and as soon as they are known.
 * @returns whether no router has a fault
 * @throws WrongUse if the config has no such router
 */
export async function probe(command: ProbeCommand): Promise<boolean> {
  const { config, which, isJson, isScript, terminal } = command
  const routers = chooseRouters(config, which)
  if (routers.length === 0) throw new WrongUse('there is no enabled router in the config')
  const limit = pLimit(config.poll.concurrency)
  const replies = RepliesInFlight.onThisMachine()
  let done = 0
  const probing = routers.map(router =>
    limit(async () => {
      const probed = await probeOne(router, command, replies)
      terminal.progress(`probed ${++done} of ${routers.length}`)
      return probed
    }),
  )
  const all: Probed[] = []
  const sameDevice = new SameDevice()
  for (const router of probing) {
    const alone = await router
    const findings = [...alone.findings, ...sameDevice.findingsOf(alone, alone.probe?.serial)]
    const probed = { ...alone, findings }
    all.push(probed)
    if (isScript) await printScript(probed, command)
    else if (!isJson) terminal.print(probedText(probed))
  }
  if (isScript) return !all.some(it => isFaulty(it.findings))
  terminal.print(isJson ? printableJson(JSON.stringify(all.map(probedJson), undefined, 2)) : summaryOf(all))
  return !all.some(it => isFaulty(it.findings))
}

async function printScript(probed: Probed, { terminal, clock }: ProbeCommand): Promise<void> {
  const { tenant, router } = probed
  const lines = routerScript(probed, await ownAddressTo(router.host), clock.now())
  if (lines.length > 0) terminal.print([`# ${tenant.id}/${router.id}`, ...lines].join('\n'))
}

/** Logs in to one router. */
export async function probeOne(
  of: ConfiguredRouter,
  { clock, signal }: Pick<ProbeCommand, 'clock' | 'signal'>,
  replies: RepliesInFlight,
): Promise<Probed> {
  const { router } = of
  const { timeoutMs, maxSessions } = router
  // With the domains, so that the report can show them.
  const services = routerServices(router.services, { hotspotDomain: 'part' })
  const budget = budgetOf(maxSessions)
  try {
    const probe = await probeRouter(
      { address: addressOf(router), services, timeoutMs, budget, replies, clock },
      signal,
    )
    return { ...of, probe, findings: findingsOf(router, probe, clock.now()) }
  } catch (error) {
    if (!(error instanceof RouterError)) throw error
    return { ...of, probe: undefined, findings: findingsOfError(router, error), error }
  }
}
