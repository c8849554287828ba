import type { ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import type { BareDatabase } from './bare-database.ts'
import type { User } from './command.ts'
import type { Place } from './place.ts'
import type { Shown } from './shown.ts'

/** What a fault is provoked with. */
export interface Means {
  /** A folder of its own. */
  readonly place: Place
  /** Migrated, and shared by all. */
  readonly database: ScratchDatabase
  readonly bare: BareDatabase
  /** Who has no rights of root's; why there is nobody, where there isn't. */
  readonly user: User | string
}

/** Something that goes wrong at an operator's, and what they are to be shown of it. */
export interface Fault {
  readonly what: string
  /** As it is typed. */
  readonly command: string
  /** `null`: the daemon goes on, and logs the line. */
  readonly code: number | null
  /** What is wrong and what to do, in one line. */
  readonly line: string
  /** For real. @returns why it can't be provoked here, where it can't */
  provoke(means: Means): Promise<Shown | string>
}
