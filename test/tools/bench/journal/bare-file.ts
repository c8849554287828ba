import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cpuMs } from '../measure.ts'
import type { FlushCost } from './journaled-fleet.ts'

export interface BareCost extends FlushCost {
  readonly bytes: number
}

/** Only the same writes and `fdatasync`s, to a file that grows like the journal. */
export async function writeBare(
  folder: string,
  flushes: readonly (readonly number[])[],
  readings: number,
): Promise<BareCost> {
  const path = join(folder, 'bare')
  const file = await open(path, 'ax')
  const bytes = randomBytes(Math.max(...flushes.flat()))
  const [cpuBefore, startedMs] = [cpuMs(), performance.now()]
  for (const pieces of flushes) {
    for (const length of pieces) await file.write(bytes, 0, length)
    await file.datasync()
  }
  const ms = performance.now() - startedMs
  const cpu = cpuMs() - cpuBefore
  await file.close()
  await rm(path)
  return { readings, ms, cpuMs: cpu, bytes: flushes.flat().reduce((sum, length) => sum + length, 0) }
}
