import type { Bench } from '../figure.ts'
import { BenchPostgres } from './bench-postgres.ts'
import { medianCost } from './cost.ts'
import { figuresOf } from './figures.ts'
import { FreeRadius } from './freeradius.ts'
import { layoutFigures } from './layouts.ts'
import { runRounds, SESSIONS_A_BATCH } from './rounds.ts'
import { SESSIONS } from './steady-fleet.ts'

export const COMMIT: Bench = {
  name: 'commit',
  about: `${SESSIONS} open sessions that have grown, written to all tables, ${SESSIONS_A_BATCH} a transaction`,
  async run(bench) {
    const whyNot = FreeRadius.whyNot()
    if (whyNot !== undefined) bench.leaveOut('commit against FreeRADIUS', whyNot)
    const postgres = await BenchPostgres.start()
    try {
      const radius = whyNot === undefined ? await FreeRadius.start(postgres, SESSIONS) : undefined
      try {
        const rounds = await runRounds(postgres, radius, bench.say)
        const usual = medianCost(rounds.ours).sessionsPerSecond
        return [...figuresOf(rounds), ...(await layoutFigures(bench, usual))]
      } finally {
        await radius?.stop()
      }
    } finally {
      await postgres.stop()
    }
  },
}
