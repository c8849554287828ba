import type { Config } from '../config/config.ts'
import { exposedSecret } from '../config/exposure.ts'
import type { Fault } from '../config/fault.ts'
import { warningsOf } from '../config/load-warned.ts'
import { openKeySets } from '../config/open-key-set.ts'

import { limitWarnings } from './limit-warnings.ts'
import { plainWarnings } from './plain-warnings.ts'
import { webhookWarnings } from './webhook-warnings.ts'

/**
 * The warnings of `check` for a config without faults.
 * @param file the file from which `config` was loaded
 * @param socket the control socket of the daemon that may run with this config
 */
export async function configWarnings(
  file: string,
  config: Config,
  socket: string | undefined,
): Promise<readonly Fault[]> {
  const exposed = exposedSecret(file, config.include)
  const { shared, unmatched } = warningsOf(file, config)
  return [
    ...(exposed ? [exposed] : []),
    ...openKeySets(file),
    ...unmatched,
    ...shared,
    ...webhookWarnings(file, config),
    ...plainWarnings(file, config),
    ...(await limitWarnings(file, config, socket)),
  ]
}
