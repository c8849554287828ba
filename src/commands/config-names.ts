import * as z from 'zod'
import { isConfigId } from '../accounting/ids.ts'
import { ConfigDocument } from '../config/document.ts'
import { readText } from '../config/fields/readable-file.ts'
import { MAX_BYTES } from '../config/load.ts'
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
  const text = readText(file, MAX_BYTES)
  const read = text.kind === 'right' ? new ConfigDocument(text.value).values() : text
  return read.kind === 'values' ? (CONFIG.safeParse(read.values).data?.tenants ?? []) : []
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
