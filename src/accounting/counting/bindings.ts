import { NO_BYTES } from '../bytes.ts'
import { type AwayReading, deviceKey } from '../device.ts'
import type { BindingReading, Device } from '../reading.ts'
import { judge, someOf, type Turns } from './counter.ts'
import { type CountedMark, countedUpTo, type Doubt } from './mark.ts'

/**
 * Static PPP server bindings by interface name, as far as their counters are believed. Those of routers that are away
 * have the router's key before their names.
 */
export type Bindings = ReadonlyMap<string, CountedMark>

export const NO_BINDINGS: Bindings = new Map()

/** What a reading tells of the router that it is of. */
interface Answering {
  readonly kind: 'continued' | 'shifted' | 'rebooted' | 'replaced'
  /** Whether a router that is back has rebooted while it was away. */
  readonly isBackRebooted: boolean
  readonly before: Device | undefined
  readonly now: Device
  /** Those that will be remembered. */
  readonly away: readonly Pick<AwayReading, 'device'>[]
}

/**
 * The bindings before a reading. After a reboot every counter begins at 0. Another router has bindings of its own,
 * whatever their names: those of the router before it are kept for its return, as its sessions are.
 */
export function bindingsBefore(known: Bindings, answering: Answering): Bindings {
  if (answering.kind === 'replaced') return replacedBindings(known, answering)
  if (answering.kind !== 'rebooted') return known
  return new Map(Array.from(known, ([name, mark]) => [name, isAway(name) ? mark : countedUpTo(NO_BYTES)]))
}

function replacedBindings(known: Bindings, { isBackRebooted, before, now, away }: Answering): Bindings {
  const kept = new Set(away.map(it => deviceKey(it.device)))
  const [owner, newOwner] = [before && deviceKey(before), deviceKey(now)]
  const next = new Map<string, CountedMark>()
  for (const [name, mark] of known) {
    const [device, own] = isAway(name) ? parted(name) : [owner, name]
    if (device === newOwner) next.set(own, isBackRebooted ? countedUpTo(NO_BYTES) : mark)
    else if (device !== undefined && kept.has(device)) next.set(`${AWAY}${device}${AWAY}${own}`, mark)
  }
  return next
}

/** Begins the name of a binding of a router that is away, and ends that router's key in it. No interface is named so. */
const AWAY = '\u001f'

function isAway(name: string): boolean {
  return name.startsWith(AWAY)
}

function parted(name: string): readonly [device: string, own: string] {
  const end = name.indexOf(AWAY, 1)
  return [name.slice(1, end), name.slice(end + 1)]
}

/**
 * The bindings that changed. A binding's counter that falls is as doubtful as a session's, with or without a session.
 * @param known what the ledger has
 * @param before the same, or what a reboot or another router left of it
 * @param takes whether a new one may be kept beside so many
 */
export function movedBindings(
  known: Bindings,
  before: Bindings,
  bindings: readonly BindingReading[],
  turns: Turns,
  takes: (kept: number) => boolean,
): Bindings {
  if (bindings.length === 0 && before === known) return NO_BINDINGS
  const moved = new Map(before === known ? [] : before)
  let kept = before.size
  for (const { name, counters } of bindings) {
    if (isAway(name)) continue
    const mark = before.get(name)
    if (!mark) {
      const isNew = !moved.has(name)
      if (isNew && !takes(kept)) continue
      if (isNew) kept++
      moved.set(name, countedUpTo(counters))
    } else if (
      mark.doubts ||
      mark.counters.upload !== counters.upload ||
      mark.counters.download !== counters.download
    )
      moved.set(name, believed(judge(mark, counters, turns).mark))
  }
  return moved
}

/**
 * The mark of a static binding for the next session (docs/accounting.md rule 10), without what was counted ahead for
 * the last one.
 */
function believed({ counters, doubts }: CountedMark): CountedMark {
  const withoutAhead = (doubt: Doubt | undefined): Doubt | undefined => {
    const leap = doubt?.leap && { ...doubt.leap, counted: 0 }
    return doubt && (doubt.fall || leap || doubt.olds.length > 0) ? { ...doubt, leap, ahead: 0 } : undefined
  }
  const [upload, download] = [withoutAhead(doubts?.upload), withoutAhead(doubts?.download)]
  return { ...countedUpTo(counters), doubts: someOf(upload, download) }
}

/**
 * The mark of a session that begins on a binding.
 * @param sinceMs steady milliseconds before which none of the session's bytes were moved
 */
export function beginOn(binding: CountedMark, sinceMs: number): CountedMark {
  const since = (doubt: Doubt | undefined): Doubt | undefined =>
    doubt && {
      ...doubt,
      fall: doubt.fall && { ...doubt.fall, sinceMs },
      leap: doubt.leap && { ...doubt.leap, sinceMs },
    }
  const { doubts } = binding
  return doubts
    ? { ...binding, doubts: { upload: since(doubts.upload), download: since(doubts.download) } }
    : binding
}
