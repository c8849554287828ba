import type { ClientBase } from 'pg'
import { asStoreError, DatabaseRefused } from '../pg/errors.ts'

/** An entry that the database refuses even on its own. */
export interface Refused<T> {
  readonly entry: T
  readonly reason: string
}

/**
 * Writes all entries except those that the database refuses, within the caller's transaction. It finds the refused ones
 * by halving, because they are few: each costs about two tries for every doubling of the entries.
 * @param write writes any part of the entries; if it throws, it must leave nothing behind that counts
 * @returns the refused entries
 * @throws errors that are not refusals; then the transaction is over
 */
export async function writeAccepted<T>(
  client: ClientBase,
  entries: readonly T[],
  write: (part: readonly T[]) => Promise<unknown>,
): Promise<readonly Refused<T>[]> {
  const [entry] = entries
  if (entry === undefined) return []
  const reason = await tryWriting(client, () => write(entries))
  if (reason === undefined) return []
  if (entries.length === 1) return [{ entry, reason }]
  const middle = Math.floor(entries.length / 2)
  const first = await writeAccepted(client, entries.slice(0, middle), write)
  return [...first, ...(await writeAccepted(client, entries.slice(middle), write))]
}

/** Runs `write`. @returns the reason if the database refused it; then nothing of it was written */
export async function tryWriting(
  client: ClientBase,
  write: () => Promise<unknown>,
): Promise<string | undefined> {
  await client.query('savepoint trying')
  try {
    await write()
  } catch (cause) {
    const error = asStoreError('refused', cause)
    if (!(error instanceof DatabaseRefused)) throw cause
    await client.query('rollback to savepoint trying; release savepoint trying')
    return error.message
  }
  await client.query('release savepoint trying')
  return undefined
}
