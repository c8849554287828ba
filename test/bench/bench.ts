import { benchCommitting } from './committing.ts'
import { benchDeciding } from './deciding.ts'
import { benchDecoding } from './decoding.ts'

/**
 * What the main parts cost on this machine, now. Machines are shared and noisy: compare figures of one run only.
 */
async function main(): Promise<void> {
  benchDecoding()
  benchDeciding()
  await benchCommitting()
}

await main()
