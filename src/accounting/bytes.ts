/** Bytes by direction. Upload is from the subscriber, download to them. Safe integers, 0 or more. */
export interface Bytes {
  readonly upload: number
  readonly download: number
}

export const NO_BYTES: Bytes = { upload: 0, download: 0 }

/** A sum over sessions, which can pass 2^53. */
export interface ByteSum {
  readonly upload: bigint
  readonly download: bigint
}

export const NO_SUM: ByteSum = { upload: 0n, download: 0n }

export function addBytes(a: Bytes, b: Bytes): Bytes {
  return { upload: a.upload + b.upload, download: a.download + b.download }
}

export function addToSum(sum: ByteSum, bytes: Bytes): ByteSum {
  return { upload: sum.upload + BigInt(bytes.upload), download: sum.download + BigInt(bytes.download) }
}

export function addSums(a: ByteSum, b: ByteSum): ByteSum {
  return { upload: a.upload + b.upload, download: a.download + b.download }
}

export function isNothing(bytes: Bytes): boolean {
  return bytes.upload === 0 && bytes.download === 0
}
