import { type RouterId, routerId, type TenantId, tenantId } from '../../../../src/accounting/ids.ts'
import type { LedgerStore } from '../../../../src/store/ledger-store.ts'

/** A tenant whose only router is the daemon's own. */
export interface Asker {
  readonly store: LedgerStore
  readonly tenant: TenantId
  readonly router: RouterId
}

export interface Question {
  readonly what: string
  readonly ask: (asker: Asker) => Promise<unknown>
}

const NOWHERE = new Set<never>()

/** The queries of dashboards. */
export const QUESTIONS: readonly Question[] = [
  { what: 'rollups of a tenant', ask: ({ store, tenant }) => store.loadRollups([tenant], 'all') },
  {
    what: 'a tenant’s routers elsewhere',
    ask: ({ store, tenant }) => store.loadOtherRouters([tenant], NOWHERE, new Map()),
  },
  { what: 'ledgers of a router', ask: ({ store, tenant, router }) => store.load([{ tenant, router }]) },
]

export function askerOf(store: LedgerStore, number: number): Asker {
  return { store, tenant: tenantId(`tenant-${number}`), router: routerId(`router-${number}`) }
}
