/** The candidate that `word` is most likely a typo of, or `undefined` if none is close. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const plain = letters(word)
  let best: { readonly candidate: string; readonly distance: number } | undefined
  for (const candidate of candidates) {
    const distance = editDistance(plain, letters(candidate))
    // A third of the letters may differ: "prot" is "port", but "tls" is not "url".
    if (distance * 3 > Math.max(plain.length, 3) || distance >= (best?.distance ?? Infinity)) continue
    best = { candidate, distance }
  }
  return best?.candidate
}

/** Letters and digits only, so that `staleAfter` and `stale-after` are close to `stale_after`. */
function letters(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let twoBack: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const costs = [
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (isSame ? 0 : 1),
      ]
      if (isSwap) costs.push((twoBack[column - 2] ?? 0) + 1)
      current.push(Math.min(...costs))
    }
    twoBack = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
