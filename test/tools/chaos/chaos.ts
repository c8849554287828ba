import { setMaxListeners } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROUTER_LIES, SESSION_LIES } from './kinds.ts'
import { planOf } from './plan.ts'
import { Run } from './run.ts'
import { Stage } from './stage.ts'
import { tableOf } from './table.ts'
import { judge } from './verdict.ts'

/**
 * Fleet, daemons and PostgreSQL as real processes, and a seeded schedule of everything that can go wrong with them.
 * In the end every byte that a router's whole replies carried is in the record, once.
 */

const ROUTERS = 8
const MOST_DAEMONS = 2
/** In a run of five minutes or more each lie is told so often, or it has shown nothing. */
const LEAST_LIES = 10
const LONG_MINUTES = 5

const HELP = `npm run chaos -- [options]

  --minutes N   of trouble (2)
  --seed N      of all that goes wrong (1)
  --daemons N   1 or 2 (2)
  --lies        routers tell things that are not true: who was lied about may be short by what those
                readings carried, and everybody else is held to the byte all the same; in ${LONG_MINUTES} minutes
                each lie is told ${LEAST_LIES} times or more
  --help        this`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      daemons: { type: 'string', default: String(MOST_DAEMONS) },
      lies: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const [minutes, seed, daemons] = [Number(values.minutes), Number(values.seed), Number(values.daemons)]
  const hasLies = values.lies
  if (!(minutes > 0) || !Number.isSafeInteger(seed) || !(daemons === 1 || daemons === MOST_DAEMONS)) {
    console.error('error: --minutes takes a number above 0, --seed a whole one, --daemons 1 or 2')
    return 2
  }
  const beganMs = performance.now()
  const say = (line: string) =>
    console.log(`${((performance.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${line}`)
  const stopping = new AbortController()
  // Every track waits with it.
  setMaxListeners(0, stopping.signal)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort())
  const stage = await Stage.create({ seed, routers: ROUTERS, daemons, hasLies, say })
  let isGood = false
  try {
    say(`starting ${ROUTERS} routers, PostgreSQL and ${daemons} daemons, in ${stage.folder}`)
    await stage.start()
    const run = new Run(stage, planOf({ seed, minutes, routers: ROUTERS, daemons, hasLies }))
    say(`${minutes} minutes of trouble, seed ${seed}`)
    await run.wreak(stopping.signal)
    if (stopping.signal.aborted) return 1
    say('calming down')
    await run.calmDown()
    const verdict = await judge(stage.databaseUrl, await stage.fleet.account(run.gaps), stage.routers)
    if (hasLies && minutes >= LONG_MINUTES)
      for (const kind of [...SESSION_LIES, ...ROUTER_LIES])
        if (verdict.account.lies[kind] < LEAST_LIES)
          run.tally.failures.push(`told only ${verdict.account.lies[kind]} times: ${kind}`)
    console.log(tableOf(verdict, run.tally, { takeovers: stage.takeovers, hasLies }))
    const differing = [...verdict.differences, ...verdict.notToldFromLies].map(
      ({ router, service, username }) => ({
        router,
        service,
        username,
      }),
    )
    const story = await stage.fleet.explain(differing, run.gaps)
    await writeFile(join(stage.folder, 'differences.json'), story)
    const { failures } = run.tally
    isGood = failures.length === 0 && verdict.differences.length === 0 && verdict.isTablesEqual
  } finally {
    await stage.stop()
    if (isGood || stopping.signal.aborted) await stage.removeFolder()
    else console.log(`\nlogs, configs and differences.json: ${stage.folder}`)
  }
  console.log(isGood ? `\nnot a byte too few or too many${hasLies ? ', but what lies told' : ''}` : '')
  if (!isGood)
    console.log(
      `replay: npm run chaos -- --minutes ${values.minutes} --seed ${seed}${hasLies ? ' --lies' : ''}`,
    )
  return isGood ? 0 : 1
}

process.exitCode = await main()
