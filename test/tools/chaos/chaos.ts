import { setMaxListeners } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { HAS_NATS } from '../../harness/nats-server.ts'
import { CITUS_URL } from '../../harness/postgres/citus.ts'
import { HAS_PGBOUNCER } from '../../harness/postgres/pgbouncer.ts'
import { DAEMONS } from './daemon-config.ts'
import { ROUTER_LIES, SESSION_LIES } from './kinds.ts'
import { planOf } from './plan.ts'
import { Run } from './run.ts'
import { Stage } from './stage.ts'
import { tableOf } from './table.ts'
import { judge } from './verdict.ts'

/**
 * Fleet, daemons and PostgreSQL as real processes, and a seeded schedule of everything that can go wrong with them. At
 * the end every byte that a router's whole replies carried must be in the record, once.
 */

/** Enough for the loads of daemons to be about equal. */
const ROUTERS_A_DAEMON = 4
/** In a run of five minutes or more, each lie must be told this often, or the run has not tried it. */
const LEAST_LIES = 10
const LONG_MINUTES = 5

const HELP = `npm run chaos -- [options]

  --minutes N   duration of the trouble (2)
  --seed N      seed of everything that goes wrong (1)
  --daemons N   1 to ${DAEMONS.length}, which share ${ROUTERS_A_DAEMON} routers each (2)
  --lies        routers also lie: subscribers who were lied about may be short by the bytes of those
                readings, and all others are held to the byte; in ${LONG_MINUTES} minutes each lie is told
                at least ${LEAST_LIES} times
  --bus         the daemons exchange live numbers over NATS, which needs nats-server, and which is
                killed, too; at the end all of them show the same
  --pooler      the daemons reach the database through PgBouncer in transaction mode, which needs
                pgbouncer, or the program in TIKMETER_TEST_PGBOUNCER
  --help        print this

With TIKMETER_TEST_CITUS the tables are in that Citus cluster, whose nodes have to be on this machine.`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      daemons: { type: 'string', default: '2' },
      lies: { type: 'boolean', default: false },
      bus: { type: 'boolean', default: false },
      pooler: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const [minutes, seed, daemons] = [Number(values.minutes), Number(values.seed), Number(values.daemons)]
  const hasLies = values.lies
  const hasBus = values.bus
  const hasPooler = values.pooler
  if (hasBus && !HAS_NATS) {
    console.error('error: --bus needs nats-server: apt-get install nats-server')
    return 2
  }
  if (hasPooler && (!HAS_PGBOUNCER || CITUS_URL !== undefined)) {
    console.error('error: --pooler needs pgbouncer (apt-get install pgbouncer), and no Citus')
    return 2
  }
  if (!(minutes > 0) || !Number.isSafeInteger(seed) || !DAEMONS.some((_, index) => daemons === index + 1)) {
    console.error('error: --minutes takes a number above 0, --seed a whole one, --daemons 1 to 4')
    return 2
  }
  const beganMs = performance.now()
  const say = (line: string) =>
    console.log(`${((performance.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${line}`)
  const stopping = new AbortController()
  // Every track listens to it.
  setMaxListeners(0, stopping.signal)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort())
  const routers = ROUTERS_A_DAEMON * Math.max(2, daemons)
  const stage = await Stage.create({ seed, routers, daemons, hasLies, hasBus, hasPooler, say })
  let isGood = false
  try {
    const server = CITUS_URL === undefined ? 'PostgreSQL' : 'a database in Citus'
    const database = hasPooler ? `${server} behind PgBouncer` : server
    say(`starting ${routers} routers, ${database} and ${daemons} daemons, in ${stage.folder}`)
    await stage.start()
    const run = new Run(stage, planOf({ seed, minutes, routers, daemons, hasLies, hasBus }))
    say(`${minutes} minutes of trouble, seed ${seed}`)
    await run.wreak(stopping.signal)
    if (stopping.signal.aborted) return 1
    say('calming down')
    await run.calmDown()
    const verdict = await judge(stage.databaseUrl, await stage.fleet.account(run.gaps), stage.routers)
    if (hasLies && minutes >= LONG_MINUTES)
      for (const kind of [...SESSION_LIES, ...ROUTER_LIES])
        if (verdict.account.lies[kind] < LEAST_LIES)
          run.tally.failures.push(`only ${verdict.account.lies[kind]} lies of the kind: ${kind}`)
    console.log(tableOf(verdict, run.tally, { takeovers: stage.takeovers, hasLies }))
    const differing = [...verdict.differences, ...verdict.lookLikeLies].map(
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
  console.log(isGood ? `\nnot a byte too few or too many${hasLies ? ', except for lies' : ''}` : '')
  if (!isGood)
    console.log(
      `replay: npm run chaos -- --minutes ${values.minutes} --seed ${seed} --daemons ${daemons}${hasLies ? ' --lies' : ''}${hasBus ? ' --bus' : ''}${hasPooler ? ' --pooler' : ''}`,
    )
  return isGood ? 0 : 1
}

process.exitCode = await main()
