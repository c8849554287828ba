import { bigint, pgSchema, timestamp } from 'drizzle-orm/pg-core'

/** Stands for the schema of an installation, see `installation.ts`. */
export const tik = pgSchema('tik')

export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })
export const bytes = (name: string) => bigint(name, { mode: 'number' })
