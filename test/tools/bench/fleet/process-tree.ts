import { readdirSync, readFileSync } from 'node:fs'
import { cpuMsOf } from '../measure.ts'

/**
 * CPU time of a process and its children so far, in milliseconds. Ended children are included in the parent's time;
 * only the last moments of a child that ends between two looks may be missed.
 */
export function treeCpuMs(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, it) => sum + cpuMsOrNothing(it), 0)
}

const CLOCK_TICK_MS = 10

/** CPU time of everything on this machine so far, in milliseconds. */
export function machineCpuMs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)
    .flatMap(line => line.trim().split(/\s+/).slice(1).map(Number))
  return (user + nice + system + irq + softirq) * CLOCK_TICK_MS
}

function cpuMsOrNothing(pid: number): number {
  try {
    return cpuMsOf(pid)
  } catch {
    return 0 // It has ended meanwhile.
  }
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number)
}

/** @returns `undefined` if the process has ended */
function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}
