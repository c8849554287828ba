/** A name too long for a host name, so that it is refused without asking a name server, which might be out of reach. */
export const UNKNOWN_NAME = `${'x'.repeat(64)}.invalid`
