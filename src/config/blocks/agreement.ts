import * as z from 'zod'
import type { Finding, NameOf } from '../fault.ts'
import { alertDisagreements } from './alert-agreement.ts'
import { type Alert, alert } from './alerts-block.ts'
import { authDisagreements } from './auth-agreement.ts'
import { quota } from './quotas-block.ts'

const word = z.string().optional().catch(undefined)
const identified = z.object({ id: word })
const NAMELESS = { id: undefined }
const wholeAlert = alert()
const outline = z.object({
  smtp: z.unknown().optional(),
  publish: z
    .object({ pusher: z.object({ tenants: z.array(word).default([]) }) })
    .optional()
    .catch(undefined),
  auth: z.record(z.string(), z.unknown()).optional().catch(undefined),
  tenants: z
    .array(
      identified
        .extend({
          routers: z.array(identified.catch(NAMELESS)).catch([NAMELESS]),
          quotas: z.array(quota().optional().catch(undefined)).default([]).catch([undefined]),
          alerts: z
            .array(z.unknown().transform(readAlert))
            .default([])
            .catch([{ ...NAMELESS, alert: undefined }]),
          webhooks: recipients(),
          mails: recipients(),
        })
        .catch({ ...NAMELESS, routers: [], quotas: [], alerts: [], webhooks: [], mails: [] }),
    )
    .catch([]),
})

/** Webhooks or mails. */
function recipients() {
  return z
    .array(identified.extend({ alerts: z.array(word).catch([]) }).catch({ ...NAMELESS, alerts: [] }))
    .default([])
    .catch([])
}

/** Reads the id even if another part of the alert is at fault. */
function readAlert(value: unknown): { readonly id: string | undefined; readonly alert: Alert | undefined } {
  return { id: identified.safeParse(value).data?.id, alert: wholeAlert.safeParse(value).data }
}

/**
 * Finds faults between values that may each be right alone: duplicate ids, and choices that were not made. The schema
 * skips such checks while any value inside is at fault, so they run on every part of the file that has the right shape.
 */
export function disagreements(raw: unknown): Finding[] {
  const { success, data } = outline.safeParse(raw)
  if (!success) return []
  const found = [...duplicates([data.tenants, ['tenants']]), ...unknownTenants(data)]
  for (const [index, tenant] of data.tenants.entries()) {
    const path = ['tenants', index]
    const ofTenant = [
      ...duplicates([tenant.routers, [...path, 'routers']]),
      ...duplicates([tenant.alerts, [...path, 'alerts']]),
      // The table of deliveries knows both by their id.
      ...duplicates([tenant.webhooks, [...path, 'webhooks']], [tenant.mails, [...path, 'mails']]),
      ...mailsWithoutServer(data.smtp, tenant.mails, [...path, 'mails']),
      ...alertDisagreements(tenant, path),
    ]
    for (const finding of ofTenant) found.push(finding)
  }
  if (data.auth !== undefined) found.push(...authDisagreements(data.auth))
  return found
}

/** Items with ids, and where they are in the file. */
type Listed = readonly [items: readonly { id?: string | undefined }[], path: readonly PropertyKey[]]

/** Finds ids that occur twice within these lists. */
function duplicates(...lists: readonly Listed[]): Finding[] {
  const firsts = new Map<string, readonly PropertyKey[]>()
  const found: Finding[] = []
  for (const [items, path] of lists)
    for (const [index, { id }] of items.entries()) {
      if (id === undefined) continue
      const place = [...path, index]
      const first = firsts.get(id)
      if (first === undefined) {
        firsts.set(id, place)
        continue
      }
      const message = (nameOf: NameOf) => `must be unique: ${nameOf(first)} already has it`
      found.push({ path: [...place, 'id'], message })
    }
  return found
}

function mailsWithoutServer(
  smtp: unknown,
  mails: readonly unknown[],
  path: readonly PropertyKey[],
): readonly Finding[] {
  if (smtp !== undefined || mails.length === 0) return []
  const message =
    'needs a mail server: add smtp: { host: mail.isp.example, from: tikmeter@isp.example } to the top of the file'
  return [{ path, message }]
}

function unknownTenants({ publish, tenants }: z.infer<typeof outline>): readonly Finding[] {
  if (tenants.some(({ id }) => id === undefined)) return []
  return (publish?.pusher.tenants ?? []).flatMap((id, index) => {
    if (id === undefined || tenants.some(tenant => tenant.id === id)) return []
    return [
      { path: ['publish', 'pusher', 'tenants', index], message: 'is not the id of a tenant of this file' },
    ]
  })
}
