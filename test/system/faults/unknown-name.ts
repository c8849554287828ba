/** A host's name that is too long for one, so that nobody has to be asked for it, who might be out of reach. */
export const UNKNOWN_NAME = `${'x'.repeat(64)}.invalid`
