import { ANYWHERE } from './anywhere/anywhere.ts'
import { BUS } from './bus/bus.ts'
import { COMMIT } from './commit/commit.ts'
import { CSV } from './csv/csv.ts'
import { DECODE } from './decode/decode.ts'
import { FEED } from './feed/feed.ts'
import type { Bench } from './figure.ts'
import { ALONE } from './fleet/alone.ts'
import { BY_TWO } from './fleet/by-two.ts'
import { fleetBenches } from './fleet/fleet.ts'
import { FORECAST } from './forecast/forecast.ts'
import { IDLE } from './idle/idle.ts'
import { JOURNAL } from './journal/journal.ts'
import { LEDGER } from './ledger/ledger.ts'
import { QUERY } from './query/query.ts'
import { RECONNECT } from './reconnect/reconnect.ts'
import { SLOW_CLIENT } from './slow-client/slow-client.ts'

/** All benches, in the order in which they run. */
export const BENCHES: readonly Bench[] = [
  DECODE,
  LEDGER,
  COMMIT,
  JOURNAL,
  QUERY,
  CSV,
  FEED,
  SLOW_CLIENT,
  RECONNECT,
  IDLE,
  FORECAST,
  BUS,
  ANYWHERE,
  ALONE,
  ...fleetBenches(),
  BY_TWO,
]
