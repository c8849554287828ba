import { setMaxListeners } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
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

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      daemons: { type: 'string', default: String(MOST_DAEMONS) },
    },
  })
  const [minutes, seed, daemons] = [Number(values.minutes), Number(values.seed), Number(values.daemons)]
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
  const stage = await Stage.create({ seed, routers: ROUTERS, daemons, say })
  let isGood = false
  try {
    say(`starting ${ROUTERS} routers, PostgreSQL and ${daemons} daemons, in ${stage.folder}`)
    await stage.start()
    const run = new Run(stage, planOf({ seed, minutes, routers: ROUTERS, daemons }))
    say(`${minutes} minutes of trouble, seed ${seed}`)
    await run.wreak(stopping.signal)
    if (stopping.signal.aborted) return 1
    say('calming down')
    await run.calmDown()
    const verdict = await judge(stage.databaseUrl, await stage.fleet.account(run.gaps), stage.routers)
    console.log(tableOf(verdict, run.tally, stage.takeovers))
    const differing = verdict.differences.map(({ router, service, username }) => ({
      router,
      service,
      username,
    }))
    const story = await stage.fleet.explain(differing, run.gaps)
    await writeFile(join(stage.folder, 'differences.json'), story)
    const { failures } = run.tally
    isGood = failures.length === 0 && verdict.differences.length === 0 && verdict.isTablesEqual
  } finally {
    await stage.stop()
    if (isGood || stopping.signal.aborted) await stage.removeFolder()
    else console.log(`\nlogs, configs and differences.json: ${stage.folder}`)
  }
  console.log(isGood ? '\nnot a byte too few or too many' : '')
  if (!isGood) console.log(`replay: npm run chaos -- --minutes ${values.minutes} --seed ${seed}`)
  return isGood ? 0 : 1
}

process.exitCode = await main()
