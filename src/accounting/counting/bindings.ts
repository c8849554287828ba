import { NO_BYTES } from '../bytes.ts'
import type { BindingReading } from '../reading.ts'
import { judge, someOf, type Turns } from './counter.ts'
import { type CountedMark, countedUpTo, type Doubt } from './mark.ts'

/** Static PPP server bindings by interface name, as far as their counters are believed. */
export type Bindings = ReadonlyMap<string, CountedMark>

export const NO_BINDINGS: Bindings = new Map()

/** What a reading leaves of those before it: after a reboot every counter begins at 0, and another router has its own. */
export function bindingsBefore(known: Bindings, { kind }: { readonly kind: string }): Bindings {
  if (kind === 'replaced') return NO_BINDINGS
  return kind === 'rebooted'
    ? new Map(Array.from(known.keys(), name => [name, countedUpTo(NO_BYTES)]))
    : known
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
 * A static binding's counters as the next session begins with them (docs/accounting.md rule 10), without what was
 * counted ahead for the last session.
 */
function believed({ counters, doubts }: CountedMark): CountedMark {
  const its = (doubt: Doubt | undefined): Doubt | undefined => {
    const leap = doubt?.leap && { ...doubt.leap, counted: 0 }
    return doubt && (doubt.fall || leap || doubt.olds.length > 0) ? { ...doubt, leap, ahead: 0 } : undefined
  }
  return { ...countedUpTo(counters), doubts: someOf(its(doubts?.upload), its(doubts?.download)) }
}

/**
 * The mark of a session that begins on a binding.
 * @param sinceMs steady milliseconds before which none of the session's bytes were moved
 */
export function beginOn(binding: CountedMark, sinceMs: number): CountedMark {
  const its = (doubt: Doubt | undefined): Doubt | undefined =>
    doubt && {
      ...doubt,
      fall: doubt.fall && { ...doubt.fall, sinceMs },
      leap: doubt.leap && { ...doubt.leap, sinceMs },
    }
  const { doubts } = binding
  return doubts
    ? { ...binding, doubts: { upload: its(doubts.upload), download: its(doubts.download) } }
    : binding
}
