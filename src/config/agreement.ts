import { z } from 'zod'
import { type Finding, pathText } from './fault.ts'

const identified = z.object({ id: z.string().optional().catch(undefined) })
const outline = z.object({
  auth: z.record(z.string(), z.unknown()).optional().catch(undefined),
  tenants: z
    .array(
      identified
        .extend({ routers: z.array(identified.catch({ id: undefined })).catch([]) })
        .catch({ id: undefined, routers: [] }),
    )
    .catch([]),
})

const KEYS = ['secret', 'jwks_url', 'public_key']

/**
 * Faults between values that may each be right: ids that are taken, and a choice not made. The schema does not look
 * at those while a value inside is at fault, so they are found in whatever of the file has the right shape.
 */
export function disagreements(raw: unknown): Finding[] {
  const { success, data } = outline.safeParse(raw)
  if (!success) return []
  const found = duplicates(data.tenants, ['tenants'])
  for (const [index, tenant] of data.tenants.entries()) {
    found.push(...duplicates(tenant.routers, ['tenants', index, 'routers']))
  }
  if (data.auth !== undefined) found.push(...choice(data.auth))
  return found
}

function duplicates(items: readonly { id?: string | undefined }[], path: readonly PropertyKey[]): Finding[] {
  const firstIndex = new Map<string, number>()
  const found: Finding[] = []
  for (const [index, { id }] of items.entries()) {
    if (id === undefined) continue
    const first = firstIndex.get(id)
    if (first === undefined) {
      firstIndex.set(id, index)
      continue
    }
    const message = `must be its own, and ${pathText([...path, first])} has it already`
    found.push({ path: [...path, index, 'id'], message })
  }
  return found
}

function choice(auth: Readonly<Record<string, unknown>>): Finding[] {
  const [first, ...others] = KEYS.filter(key => key in auth)
  if (first === undefined) return [{ path: ['auth'], message: `needs one of ${KEYS.join(', ')}` }]
  return others.map(key => ({
    path: ['auth', key],
    message: `cannot stand beside ${first}: remove one of them`,
  }))
}
