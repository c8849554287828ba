import { addBytes, type Bytes } from '../../../src/accounting/bytes.ts'
import { DIRECTIONS } from '../../../src/accounting/counting/mark.ts'

/** The part of its mark at which a counter is taken to be back. */
const NEARLY = 15 / 16

/**
 * A session whose counters were reset, and whether the readings leave no doubt of it (docs/accounting.md rules 7 and
 * 18): each counter that had shown anything was below half of that value after the reset, well below all of it in the next
 * reading too, and none jumped back to it later.
 */
export class Trial {
  /** Everything that the counters had shown before. */
  marks: Bytes
  #mark: Bytes
  #last: Bytes
  #isDoubtful: boolean
  #isConfirmed = false

  constructor(mark: Bytes, now: Bytes, isDoubtful: boolean) {
    this.marks = mark
    this.#mark = mark
    this.#last = now
    this.#isDoubtful = isDoubtful || DIRECTIONS.some(it => mark[it] > 0 && now[it] >= mark[it] / 2)
  }

  get isClear(): boolean {
    return !this.#isDoubtful
  }

  doubt(): void {
    this.#isDoubtful = true
  }

  /** Ends the trial early: nobody sees what the next reading would have shown. */
  cutShort(): void {
    if (!this.#isConfirmed) this.doubt()
  }

  see(now: Bytes, { isReset, isLie }: { isReset: boolean; isLie: boolean }): void {
    const last = this.#last
    this.#last = now
    if (isReset) this.marks = addBytes(this.marks, last)
    if (isReset || isLie) this.doubt()
    const had = DIRECTIONS.filter(it => this.#mark[it] > 0)
    if (!this.#isConfirmed) {
      this.#isConfirmed = true
      if (had.length > 0 && had.every(it => now[it] >= NEARLY * this.#mark[it])) this.doubt()
    } else if (
      had.some(
        it =>
          last[it] < this.#mark[it] &&
          now[it] >= NEARLY * this.#mark[it] &&
          now[it] - last[it] > this.#mark[it] / 2,
      )
    )
      this.doubt()
  }
}
