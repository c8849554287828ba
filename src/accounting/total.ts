import { type ByteSum, NO_SUM } from './bytes.ts'

/** Beyond it, one more delta could make a sum inexact. */
const SAFE_SUM = 2 ** 52

/** A sum of many bytes, in numbers as long as they are exact. */
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
