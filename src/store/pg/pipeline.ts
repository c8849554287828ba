import { DatabaseError } from 'pg'

const IN_FAILED_TRANSACTION = '25P02'

/**
 * Waits for the answers to what was asked at once of one connection, in one transaction.
 * @throws what failed first: all that was sent behind it has failed for no reason of its own
 */
export async function pipelined<Asked extends readonly Promise<unknown>[] | []>(asked: Asked) {
  const settled = await Promise.allSettled(asked)
  const failures = settled.flatMap(it => (it.status === 'rejected' ? [it.reason] : []))
  if (failures.length > 0) throw failures.find(it => !isOnlyBehind(it)) ?? failures[0]
  return Promise.all(asked)
}

function isOnlyBehind(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === IN_FAILED_TRANSACTION
}
