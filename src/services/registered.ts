import { HOTSPOT } from './hotspot/hotspot.ts'
import { PPP } from './ppp/ppp.ts'
import type { ServiceDescription } from './service-description.ts'

/** The services of this release, in the order in which they are read and tables show them. */
export const REGISTERED: readonly ServiceDescription[] = [HOTSPOT, PPP]
