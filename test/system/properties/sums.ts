import { addSums, type ByteSum, NO_SUM } from '../../../src/accounting/bytes.ts'

/** Bytes by key. Sums of 0 are left out, so that equal sums are equal maps. */
export type Sums = ReadonlyMap<string, ByteSum>

/** Bytes as numbers or bigints. */
export interface AnyBytes {
  readonly upload: number | bigint
  readonly download: number | bigint
}

export function sumsOf<Item>(
  items: Iterable<Item>,
  keyOf: (item: Item) => string,
  bytesOf: (item: Item) => AnyBytes,
): Sums {
  const sums = new Map<string, ByteSum>()
  for (const item of items) {
    const { upload, download } = bytesOf(item)
    if (Number(upload) === 0 && Number(download) === 0) continue
    const sum = { upload: BigInt(upload), download: BigInt(download) }
    const key = keyOf(item)
    sums.set(key, addSums(sums.get(key) ?? NO_SUM, sum))
  }
  return sums
}
