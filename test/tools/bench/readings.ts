import { type SessionId, sessionId } from '../../../src/accounting/ids.ts'
import type { Reading } from '../../../src/accounting/reading.ts'
import { ofService, PLAIN_READING, PLAIN_ROW } from '../../accounting/readings.ts'

/** A reading of hotspot sessions that are up since `beganMs`, each with `bytesPerSecond` more for each second. */
export function readingAt(ms: number, beganMs: number, sessions: number, bytesPerSecond: number): Reading {
  const uptimeSeconds = Math.floor((ms - beganMs) / 1000)
  const moved = uptimeSeconds * bytesPerSecond
  const login = { earliestMs: ms - (uptimeSeconds + 1) * 1000, latestMs: ms - uptimeSeconds * 1000 }
  return {
    ...ofService('hotspot'),
    at: { wall: new Date(ms), steadyMs: ms },
    boot: { earliestMs: beganMs - 86_400_000, latestMs: beganMs - 86_399_000 },
    ...PLAIN_READING,
    sessions: Array.from({ length: sessions }, (_, number) => ({
      ...{ protocol: 'hotspot', username: `subscriber-${number}`, server: 'hotspot1' },
      macAddress: `02:00:00:00:${hex(number >> 8)}:${hex(number & 255)}`,
      ipAddress: `10.0.${(number >> 8) & 255}.${number & 255}`,
      ...{ routerSessionId: undefined, callerId: undefined, ...PLAIN_ROW },
      ...{ uptimeSeconds, login, counters: { upload: moved, download: moved * 10 } },
    })),
  }
}

export function sessionIds(): () => SessionId {
  let last = 0
  return () => sessionId(`00000000-0000-7000-8000-${(++last).toString(16).padStart(12, '0')}`)
}

function hex(byte: number): string {
  return (byte & 255).toString(16).padStart(2, '0').toUpperCase()
}
