/**
 * Formats of a segment that are read, of which the last one is written:
 *
 *     1   release 0.1.0
 *     2   what is doubtful of counters, sessions that a reading missed, and which router answered
 *     3   services by their names
 *
 * What a format adds comes last in its part of a record, so that all are read by the same code.
 */
export const FORMATS = [1, 2, 3] as const
export type Format = (typeof FORMATS)[number]

export const WRITTEN_FORMAT: Format = 3

/** @returns `undefined` for one that this release does not know */
export function formatOf(version: number): Format | undefined {
  return FORMATS.find(it => it === version)
}
