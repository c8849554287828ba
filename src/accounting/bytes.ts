/** Bytes by direction: upload from the subscriber, download to them. Safe integers, 0 or more. */
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

/** Beyond this, one more delta could make a sum inexact. */
const SAFE_SUM = 2 ** 52

/** A sum of many bytes that uses numbers as long as they are exact. */
export class Total {
  #upload = 0
  #download = 0
  #sum = NO_SUM

  add(upload: number, download: number): void {
    if (this.#upload + upload > SAFE_SUM || this.#download + download > SAFE_SUM) this.#carry()
    this.#upload += upload
    this.#download += download
  }

  get sum(): ByteSum {
    this.#carry()
    return this.#sum
  }

  #carry(): void {
    const { upload, download } = this.#sum
    this.#sum = { upload: upload + BigInt(this.#upload), download: download + BigInt(this.#download) }
    this.#upload = 0
    this.#download = 0
  }
}
