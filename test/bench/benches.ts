import { COMMIT } from './commit/commit.ts'
import { CSV } from './csv/csv.ts'
import { DECODE } from './decode/decode.ts'
import { FEED } from './feed/feed.ts'
import type { Bench } from './figure.ts'
import { ALONE } from './fleet/alone.ts'
import { fleetBenches } from './fleet/fleet.ts'
import { IDLE } from './idle/idle.ts'
import { JOURNAL } from './journal/journal.ts'
import { LEDGER } from './ledger/ledger.ts'
import { QUERY } from './query/query.ts'

/** In the order in which they run. */
export const BENCHES: readonly Bench[] = [
  DECODE,
  LEDGER,
  COMMIT,
  JOURNAL,
  QUERY,
  CSV,
  FEED,
  IDLE,
  ALONE,
  ...fleetBenches(),
]
