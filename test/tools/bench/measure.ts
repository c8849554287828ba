import { readFileSync } from 'node:fs'

/** The middle value; for an even number, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = Number.NaN] = sorted.length % 2 ? [] : sorted.slice(middle - 1, middle + 1)
  return sorted.length % 2 ? (sorted[middle] ?? Number.NaN) : (low + high) / 2
}

/** @param share 0.99 for the 99th percentile */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** CPU time of this process with all its threads, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

const CLOCK_TICK_MS = 10

/** CPU time of a process so far, in milliseconds, including its ended children. */
export function cpuMsOf(pid: number): number {
  const fields = statOf(pid)
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * CLOCK_TICK_MS
}

/** Resident bytes of a process. */
export function residentBytesOf(pid: number): number {
  return (
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) * 1024
  )
}

/** Fields of `/proc/PID/stat` from the third on: the second, a name in brackets, may contain anything. */
function statOf(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Runs several ways of doing the same in turn (A B A B …), so that noise affects all of them. */
export async function inTurn(
  rounds: number,
  ways: ReadonlyMap<string, () => number | Promise<number>>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const values = new Map<string, number[]>(Array.from(ways.keys(), name => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, way] of ways) values.get(name)?.push(await way())
  return values
}
