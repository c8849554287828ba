import type { ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import type { BareDatabase } from './bare-database.ts'
import type { User } from './command.ts'
import type { Place } from './place.ts'
import type { Shown } from './shown.ts'

/** What it takes to provoke a fault. */
export interface Means {
  /** A separate folder for this fault. */
  readonly place: Place
  /** Migrated, and shared by all faults. */
  readonly database: ScratchDatabase
  readonly bare: BareDatabase
  /** A user without root's rights, or the reason why there is none. */
  readonly user: User | string
}

/** Something that goes wrong at an operator's, and what the operator should see of it. */
export interface Fault {
  readonly what: string
  /** The command as it is typed. */
  readonly command: string
  /** The exit code; `null` if the daemon continues and logs the line. */
  readonly code: number | null
  /** What is wrong and what to do, in one line. */
  readonly line: string
  /** Provokes the fault for real. @returns what was shown, or the reason why it cannot be provoked here */
  provoke(means: Means): Promise<Shown | string>
}
