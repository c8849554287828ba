import type { Pool, PoolClient } from 'pg'

/** A connection borrowed from a pool. It is broken off if the signal aborts. */
export class BorrowedConnection {
  readonly client: PoolClient
  readonly #signal: AbortSignal
  #isBorrowed = true

  private constructor(client: PoolClient, signal: AbortSignal) {
    this.client = client
    this.#signal = signal
    signal.addEventListener('abort', this.breakOff)
    if (signal.aborted) this.breakOff()
  }

  /** @param pool one without pipelining, whose connections can be broken off */
  static async of(pool: Pool, signal: AbortSignal): Promise<BorrowedConnection> {
    return new BorrowedConnection(await pool.connect(), signal)
  }

  /** Borrows a connection for `work`, and breaks it off if `work` fails. */
  static async during<T>(
    pool: Pool,
    signal: AbortSignal,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<T> {
    const borrowed = await BorrowedConnection.of(pool, signal)
    try {
      const result = await work(borrowed.client)
      borrowed.giveBack()
      return result
    } catch (error) {
      borrowed.breakOff()
      throw error
    }
  }

  giveBack(): void {
    this.#release(false)
  }

  /** Closes the connection: its query rejects, and its cursors are gone. */
  readonly breakOff = (): void => this.#release(true)

  #release(isBroken: boolean): void {
    if (!this.#isBorrowed) return
    this.#isBorrowed = false
    this.#signal.removeEventListener('abort', this.breakOff)
    this.client.release(isBroken)
  }
}
