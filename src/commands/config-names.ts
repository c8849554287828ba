import * as z from 'zod'
import { isConfigId } from '../accounting/ids.ts'
import { DISK } from '../config/include/files.ts'
import { readWhole } from '../config/include/read-whole.ts'
import { printable } from '../runtime/printable.ts'

/** Ids and names of the config's tenants and routers. */
export type ConfigNames = z.infer<typeof TENANTS>

const NAMED = z.object({ id: z.string().refine(isConfigId), name: z.string().transform(printable).catch('') })
const TENANTS = allThatAre(NAMED.extend({ routers: allThatAre(NAMED) }))
const CONFIG = z.object({ tenants: TENANTS })

/**
 * Reads the ids and names that are readable, whatever else is wrong with the file. Needs no secrets. A file that does
 * not exist or is not a config has no names.
 */
export function configNames(file: string): ConfigNames {
  const read = readWhole(file, DISK)
  return read.kind === 'read' ? (CONFIG.safeParse(read.whole.values).data?.tenants ?? []) : []
}

function allThatAre<Item extends z.ZodType>(item: Item) {
  return z
    .array(z.unknown())
    .catch([])
    .transform(values =>
      values.flatMap(value => {
        const parsed = item.safeParse(value)
        return parsed.success ? [parsed.data] : []
      }),
    )
}
