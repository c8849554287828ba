import { differenceOf } from '../../../system/daemon/compare.ts'
import { percentile } from '../measure.ts'
import { quantileBetween, sumOfBuckets } from './exposition.ts'
import { fitLine } from './line.ts'
import { COMMIT_MS, INTERVAL_MS, type Measured } from './run.ts'
import { differentSums } from './truth.ts'

/** A figure of a run; without a value if the daemon does not report it. */
export type Reported = readonly [metric: string, value: number | undefined, unit: string]

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const MEGABYTE = 1_000_000

/** All results of a run except the cost of a session, which is compared with another run's. */
export function outcomeOf(measured: Measured): readonly Reported[] {
  return [
    ...cores(measured),
    ...punctuality(measured),
    ...delays(measured),
    ...memory(measured),
    ...bytes(measured),
    ...truth(measured),
  ]
}

/** The daemons' CPU per session and reading, in microseconds. */
export function cpuOfReading({ begin, end, polls }: Measured): number {
  return ((end.cpuMs.daemon - begin.cpuMs.daemon) * 1000) / polls.sessionReadings
}

function cores({ begin, end }: Measured): readonly Reported[] {
  const tookMs = end.atMs - begin.atMs
  const used = (process: keyof typeof end.cpuMs) => (end.cpuMs[process] - begin.cpuMs[process]) / tookMs
  const all = used('daemon') + used('fleet') + used('postgres') + used('bench')
  return [
    ['all processes', all, 'cores'],
    ['daemon', used('daemon'), 'cores'],
    ['fleet', used('fleet'), 'cores'],
    ['postgres', used('postgres'), 'cores'],
    ['bench with feed clients', used('bench'), 'cores'],
    // Other processes make everything slower: the smaller this is, the better the run.
    ['others on this machine', Math.max(0, used('machine') - all), 'cores'],
  ]
}

function punctuality({ polls, firstReadMs }: Measured): readonly Reported[] {
  return [
    ['until all were read once', firstReadMs / 1000, 's'],
    ['polls', polls.polls, ''],
    ['ticks missed', polls.missed, ''],
    ['ticks 100 ms late', polls.late, ''],
    ['ticks 100 ms late, share', (polls.late / polls.polls) * 100, '%'],
    ['tick delay p99', polls.delayP99Ms, 'ms'],
    ['tick delay, worst', polls.worstDelayMs, 'ms'],
    ['connections lost', polls.accepted - polls.connected, ''],
  ]
}

function delays({ begin, end, readingMs, snapshotMs, oldestCommitMs }: Measured): readonly Reported[] {
  // Of the daemon that has the worst.
  const loop = (series: string) => milliseconds(most(end.metrics.flatMap(page => page.value(series) ?? [])))
  const durable = 'tikmeter_reading_durable_seconds'
  const durableP99 = quantileBetween(
    sumOfBuckets(begin.metrics, durable),
    sumOfBuckets(end.metrics, durable),
    0.99,
  )
  return [
    ['event loop delay p50', loop('tikmeter_event_loop_delay_seconds{level="p50"}'), 'ms'],
    ['event loop delay p99', loop('tikmeter_event_loop_delay_seconds{level="p99"}'), 'ms'],
    ['event loop delay, worst', loop('tikmeter_event_loop_delay_seconds{level="max"}'), 'ms'],
    ['reading to durable p99', milliseconds(durableP99), 'ms'],
    ['reading to client p50', percentile(readingMs, 0.5), 'ms'],
    ['reading to client p99', percentile(readingMs, 0.99), 'ms'],
    ['snapshot to client p99', percentile(snapshotMs, 0.99), 'ms'],
    // A reading waits at most for the next poll and the next commit: lag is the time beyond that.
    ['commit lag', Math.max(0, oldestCommitMs - COMMIT_MS - INTERVAL_MS) / 1000, 's'],
  ]
}

function memory({ begin, end, resident }: Measured): readonly Reported[] {
  const { slope, growth } = fitLine(resident)
  return [
    ['RSS at start', begin.residentBytes / MEGABYTE, 'MB'],
    ['RSS at end', end.residentBytes / MEGABYTE, 'MB'],
    ['RSS slope', (slope * 3_600) / MEGABYTE, 'MB/h'],
    ['RSS growth', (growth / begin.residentBytes) * 100, '%'],
  ]
}

function bytes({ begin, end, journalBytes, polls, tableBytes }: Measured): readonly Reported[] {
  const tookMs = end.atMs - begin.atMs
  const walBytes = end.walBytes - begin.walBytes
  const perMinute = (value: number) => (value / tookMs) * (MINUTE_MS / MEGABYTE)
  return [
    ['journal', perMinute(journalBytes), 'MB/min'],
    ['journal, of a session reading', journalBytes / polls.sessionReadings, 'bytes'],
    ['WAL', perMinute(walBytes), 'MB/min'],
    ['WAL of a day', (walBytes / tookMs) * (DAY_MS / MEGABYTE / 1_000), 'GB'],
    ...Array.from(tableBytes, ([table, size]): Reported => [`table ${table}`, size / MEGABYTE, 'MB']),
  ]
}

function truth({ comparison, exitCode }: Measured): readonly Reported[] {
  return [
    ['subscribers compared', comparison.subscribers, ''],
    ['bytes recorded', Number(comparison.recorded.upload + comparison.recorded.download) / 1e9, 'GB'],
    ['difference', Number(differenceOf(comparison)), 'bytes'],
    ['subscribers that differ', comparison.differences.length, ''],
    ['unread at a closed connection', Number(differenceOf({ differences: comparison.doubts })), 'bytes'],
    ['tables with another sum', differentSums(comparison), ''],
    ['exit code of the daemon', exitCode ?? Number.NaN, ''],
  ]
}

/** @returns `undefined` if there is no value */
function most(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values)
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000
}
