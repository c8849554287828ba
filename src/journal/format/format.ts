/**
 * The formats of a segment that can be read. The last one is written:
 *
 *     1   release 0.1.0
 *     2   adds doubts about counters, sessions that a reading missed, and the router that answered
 *     3   has services by name
 *
 * What a format adds is last in its part of a record, so that one code reads all formats.
 */
export const FORMATS = [1, 2, 3] as const
export type Format = (typeof FORMATS)[number]

export const WRITTEN_FORMAT: Format = 3

/** @returns `undefined` for a format that this release does not know */
export function formatOf(version: number): Format | undefined {
  return FORMATS.find(it => it === version)
}
