/** Numbers are exact, and sums of bytes can be beyond 2^53. */
export type UsageValue = string | bigint | null

const NUMBERS = new Set(['upload', 'download', 'used', 'threshold', 'quota', 'count'])

/** A row's values as they are meant, from the texts that the database tells. */
export function valuesOf(
  columns: readonly string[],
  told: readonly (string | null)[],
): readonly UsageValue[] {
  return columns.map((name, index) => {
    const value = told[index] ?? null
    return value !== null && NUMBERS.has(name) ? BigInt(value) : value
  })
}
