import { HOTSPOT } from '../../../src/services/hotspot/hotspot.ts'
import { PPP } from '../../../src/services/ppp/ppp.ts'
import type { ServiceDescription } from '../../../src/services/service-description.ts'
import { BYPASSED } from './bypassed/bypassed.ts'

/** The one file outside its folder that a new service touches, as it is with the third one. */
export const REGISTERED: readonly ServiceDescription[] = [HOTSPOT, PPP, BYPASSED]
