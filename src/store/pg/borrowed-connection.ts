import type { Pool, PoolClient } from 'pg'

/** A connection of the pool, which is broken off where the one who asked goes. */
export class BorrowedConnection {
  readonly client: PoolClient
  readonly #signal: AbortSignal
  #isLent = true

  private constructor(client: PoolClient, signal: AbortSignal) {
    this.client = client
    this.#signal = signal
    signal.addEventListener('abort', this.breakOff)
    if (signal.aborted) this.breakOff()
  }

  /** @param pool one whose connections are no pipelines */
  static async of(pool: Pool, signal: AbortSignal): Promise<BorrowedConnection> {
    return new BorrowedConnection(await pool.connect(), signal)
  }

  /** For as long as `work` takes; broken off where it fails. */
  static async during<T>(
    pool: Pool,
    signal: AbortSignal,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<T> {
    const lent = await BorrowedConnection.of(pool, signal)
    try {
      const result = await work(lent.client)
      lent.giveBack()
      return result
    } catch (error) {
      lent.breakOff()
      throw error
    }
  }

  giveBack(): void {
    this.#release(false)
  }

  /** What it has under way rejects, and its held rows go with it. */
  readonly breakOff = (): void => this.#release(true)

  #release(isBroken: boolean): void {
    if (!this.#isLent) return
    this.#isLent = false
    this.#signal.removeEventListener('abort', this.breakOff)
    this.client.release(isBroken)
  }
}
