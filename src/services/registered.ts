import { HOTSPOT } from './hotspot/hotspot.ts'
import { PPP } from './ppp/ppp.ts'
import type { ServiceDescription } from './service.ts'

/** The services of this release, in the order in which routers are read for them and tables show them. */
export const REGISTERED: readonly ServiceDescription[] = [HOTSPOT, PPP]
