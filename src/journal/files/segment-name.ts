const NAME = /^journal-(\d{8,})\.log$/

export function segmentName(number: number): string {
  return `journal-${String(number).padStart(8, '0')}.log`
}

/** @returns the numbers of the segments among a directory's names, the oldest first */
export function segmentNumbers(names: readonly string[]): readonly number[] {
  return names
    .flatMap(name => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}
