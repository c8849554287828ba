/** What a row costs beside its text, roughly: a map, its strings, and what is made of it. */
export const ROW_BYTES = 512
/** What a sentence outside of a reply costs beside its text: it is not kept. */
export const STRAY_BYTES = 16
/** All texts of an honest row, each as long as it may be. */
const TEXT_BYTES = 1_024
/** What a menu's row is remembered by. */
const REMEMBERED_BYTES = 512
/** Each session comes and goes a few times between two readings, and a `listen` has a short sentence for each time. */
const TOLD_BYTES = 256
/** For what does not grow with the sessions. */
const BASE_BYTES = 1024 * 1024

/** How much one router may make us hold, in bytes of its sentences as they are weighed here. */
export interface Budget {
  /** Of one reply. */
  readonly replyBytes: number
  /** Outside of replies, from one answered menu to the next: listens, and tags that nobody asked by. */
  readonly strayBytes: number
  /** What is kept of one menu's rows, so that they are known when they come again. */
  readonly rememberedBytes: number
}

/**
 * The bytes that so many sessions can take. Honest rows are much shorter, so that a router with twice its sessions is
 * still read whole.
 */
export function budgetOf(maxSessions: number): Budget {
  return {
    replyBytes: BASE_BYTES + maxSessions * (TEXT_BYTES + ROW_BYTES),
    strayBytes: BASE_BYTES + maxSessions * TOLD_BYTES,
    rememberedBytes: BASE_BYTES + maxSessions * REMEMBERED_BYTES,
  }
}
