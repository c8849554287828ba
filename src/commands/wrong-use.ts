/** A command was not used as it is meant to be; the message says how. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse'
}
