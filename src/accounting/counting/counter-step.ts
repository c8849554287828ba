import { type Doubt, LEAP_BYTES, type OldMark } from './mark.ts'

/** What the operator should know about a counter. */
export interface CounterFinding {
  readonly kind: 'reset' | 'glitch'
  /** Bytes that the other verdict would have counted as well. */
  readonly uncounted: number
}

/** What was decided about one counter. */
export interface Step {
  readonly mark: number
  readonly doubt: Doubt | undefined
  readonly delta: number
  readonly sinceMs: number
  readonly finding: CounterFinding | undefined
}

/** The reading in which a counter is judged. */
export interface StepContext {
  readonly atMs: number
  /** When the counter was last read, in steady milliseconds. */
  readonly sinceMs: number
  readonly isReset: boolean
}

export const NO_DOUBT: Doubt = { fall: undefined, leap: undefined, olds: [], ahead: 0 }

/** Judges one counter against its mark. The rules are in `counter.ts`, which judges both directions. */
export function step(mark: number, doubt: Doubt = NO_DOUBT, shown: number, judging: StepContext): Step {
  const { fall } = doubt
  const { atMs, isReset } = judging
  if (!fall) return shown < mark ? fallen(mark, doubt, shown, judging) : grown(mark, doubt, shown, judging)
  const { sinceMs } = fall
  if (isReset) return reset(mark, doubt, shown, sinceMs)
  if (shown >= mark) {
    const back = grown(mark, { ...doubt, fall: undefined }, shown, { ...judging, sinceMs })
    return { ...back, finding: { kind: 'glitch', uncounted: shown - back.delta } }
  }
  const still = { atMs: fall.atMs, sinceMs, shown, least: Math.min(fall.least, shown) }
  return { mark, doubt: { ...doubt, fall: still }, delta: 0, sinceMs: atMs, finding: undefined }
}

/** Settles a suspected counter at the end of its session. @returns `undefined` if nothing is suspected */
export function stepAtEnd(
  mark: number,
  doubt: Doubt = NO_DOUBT,
): { readonly step: Step; readonly shown: number } | undefined {
  const { fall } = doubt
  if (!fall) return undefined
  const { shown, sinceMs } = fall
  if (isLessThanHalf(shown, mark)) return { step: reset(mark, doubt, shown, sinceMs), shown }
  return { step: { mark, doubt, delta: 0, sinceMs, finding: { kind: 'glitch', uncounted: shown } }, shown }
}

function reset(mark: number, { olds, ahead }: Doubt, shown: number, sinceMs: number): Step {
  const next = counted(shown, { ...NO_DOUBT, olds: withOld(olds, mark), ahead }, shown, sinceMs)
  return { ...next, finding: { kind: 'reset', uncounted: 0 } }
}

function grown(mark: number, doubt: Doubt, shown: number, { sinceMs }: StepContext): Step {
  const { olds, ahead } = doubt
  const delta = shown - mark
  const old = highest(olds.filter(it => mark < it.mark && isNearly(shown, it.mark) && delta > it.mark / 2))
  if (old) {
    const next = corrected(mark, { ...doubt, leap: undefined }, shown, {
      ...{ due: shown - old.mark - (mark + old.base), sinceMs },
    })
    return { ...next, finding: { kind: 'glitch', uncounted: delta - next.delta } }
  }
  const leap = isLeap(mark, delta) ? { from: mark, counted: delta, sinceMs } : undefined
  return counted(
    shown,
    {
      ...NO_DOUBT,
      leap,
      olds: above(olds, shown),
      ahead,
    },
    delta,
    sinceMs,
  )
}

/** Whether a counter leapt. A counter at 0 cannot leap, because its first bytes mean nothing. */
export function isLeap(mark: number, delta: number): boolean {
  return delta >= LEAP_BYTES && mark > 0 && delta > mark
}

function fallen(mark: number, doubt: Doubt, shown: number, { atMs, sinceMs }: StepContext): Step {
  const { leap, olds, ahead } = doubt
  if (leap && shown >= leap.from) {
    const next = corrected(mark, { ...doubt, leap: undefined }, shown, {
      ...{ due: shown - leap.from - leap.counted, sinceMs: leap.sinceMs },
    })
    return { ...next, finding: { kind: 'glitch', uncounted: shown - next.delta } }
  }
  // A leap for which nothing was counted never happened: the counter fell from where it was before.
  const from = leap?.counted === 0 ? { mark: leap.from, sinceMs: leap.sinceMs } : { mark, sinceMs }
  const fall = { atMs, sinceMs: from.sinceMs, shown, least: shown }
  const next = { fall, leap: undefined, olds, ahead }
  return { mark: from.mark, doubt: next, delta: 0, sinceMs: atMs, finding: undefined }
}

/** @param delta by the counters; bytes that were counted ahead are subtracted */
function counted(mark: number, doubt: Doubt, delta: number, sinceMs: number): Step {
  const ahead = Math.max(0, doubt.ahead - delta)
  const next = { ...doubt, ahead }
  const isNone = !next.fall && !next.leap && next.olds.length === 0 && ahead === 0
  return {
    ...{ mark, sinceMs, finding: undefined },
    doubt: isNone ? undefined : next,
    delta: Math.max(0, delta - doubt.ahead),
  }
}

/**
 * Continues from what the counter shows, because earlier readings of it were false.
 * @param due bytes still to count; negative if too many were counted
 */
function corrected(
  mark: number,
  { olds, ahead }: Doubt,
  shown: number,
  { due, sinceMs }: { readonly due: number; readonly sinceMs: number },
): Step {
  const moved = olds.map(it => ({ mark: it.mark, base: it.base + mark + due - shown }))
  const doubt = { ...NO_DOUBT, olds: above(moved, shown), ahead: ahead + Math.max(0, -due) }
  return counted(shown, doubt, Math.max(0, due), sinceMs)
}

/** A counter that was wrong for several readings may have looked like more than one reset. */
const MOST_OLD = 4

/** Keeps the newest mark, and the highest of the others, because they would cost the most. */
function withOld(olds: readonly OldMark[], mark: number): readonly OldMark[] {
  const others = olds.map(it => ({ mark: it.mark, base: it.base + mark }))
  const kept = others.sort((a, b) => b.mark - a.mark).slice(0, MOST_OLD - 1)
  return [...kept, { mark, base: 0 }]
}

function above(olds: readonly OldMark[], shown: number): readonly OldMark[] {
  return olds.every(it => shown < it.mark) ? olds : olds.filter(it => shown < it.mark)
}

function highest(olds: readonly OldMark[]): OldMark | undefined {
  return olds.reduce<OldMark | undefined>((a, b) => (a && a.mark >= b.mark ? a : b), undefined)
}

/** The part of an old mark from which a counter is taken to be back: that reading may show a little too little as well. */
const NEARLY = 15 / 16

/** Whether a counter is back at a mark that it had before a reset, or just below it. */
export function isNearly(shown: number, mark: number): boolean {
  return shown >= mark * NEARLY
}

export function isLessThanHalf(shown: number, mark: number): boolean {
  return shown < mark / 2
}
