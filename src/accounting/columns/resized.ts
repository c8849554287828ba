/** The same numbers, with room for more behind them. */
export function larger(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length)
  copy.set(array)
  return copy
}
