/** Bytes are exact, and sums of them can be beyond 2^53. */
export type UsageValue = string | bigint | null

const BYTES = new Set(['upload', 'download', 'used', 'threshold', 'quota'])

/** A row's values as they are meant, from the texts that the database tells. */
export function valuesOf(
  columns: readonly string[],
  told: readonly (string | null)[],
): readonly UsageValue[] {
  return columns.map((name, index) => {
    const value = told[index] ?? null
    return value !== null && BYTES.has(name) ? BigInt(value) : value
  })
}
