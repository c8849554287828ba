import type { Pool } from 'pg'
import { type RollupFault, rollupFaults } from '../../../src/store/housekeeping/rollup-check.ts'

/** All months in which a tenant's two daily tables differ. */
export async function rollupFaultsIn(pool: Pool): Promise<readonly RollupFault[]> {
  const faults: RollupFault[] = []
  for await (const fault of rollupFaults(pool)) if (fault) faults.push(fault)
  return faults
}
