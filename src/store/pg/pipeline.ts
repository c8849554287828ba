import { DatabaseError } from 'pg'

const IN_FAILED_TRANSACTION = '25P02'

/**
 * Waits for all answers to statements that were sent at once on one connection, in one transaction.
 * @throws the first failure: everything after it failed only because of it
 */
export async function pipelined<Asked extends readonly Promise<unknown>[] | []>(asked: Asked) {
  const settled = await Promise.allSettled(asked)
  const failures = settled.flatMap(it => (it.status === 'rejected' ? [it.reason] : []))
  if (failures.length > 0) throw failures.find(it => !isConsequence(it)) ?? failures[0]
  return Promise.all(asked)
}

function isConsequence(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === IN_FAILED_TRANSACTION
}
