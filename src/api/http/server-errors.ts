/** The server cannot listen at the address in the config. The message says what to do. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen'
  /** The operator has to change the config, or to stop the other program. */
  readonly retryable = false
  /** The system's code, such as `EADDRINUSE`. */
  readonly code: string

  constructor(message: string, options: { code: string; cause: unknown }) {
    super(message, { cause: options.cause })
    this.code = options.code
  }
}

/** A file of `server.tls` is not PEM, or the two files do not belong together. */
export class UnusableCertificate extends Error {
  override readonly name = 'UnusableCertificate'
  readonly retryable = false

  constructor(options: ErrorOptions) {
    super('server.tls cannot be used: name the PEM file of a certificate, and that of its key', options)
  }
}

/** The address to listen at, and the block of the config that has it. */
interface ListenAddress {
  readonly host: string
  readonly port: number
  readonly block: string
}

/** @param error Node's error from `listen` */
export function cannotListen(at: ListenAddress, error: NodeJS.ErrnoException): CannotListen {
  const code = error.code ?? ''
  return new CannotListen(messageFor(at, code), { code, cause: error })
}

function messageFor({ host, port, block }: ListenAddress, code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is in use: stop the program that listens there ("ss -ltnp sport = :${port}" shows it), or change ${block}.port`
    case 'EADDRNOTAVAIL':
      return `${host} is not an address of this machine: set ${block}.host to one ("ip address" lists them), or to 0.0.0.0 for all`
    case 'EACCES':
      return `this user may not listen on port ${port}: set ${block}.port to 1024 or more, or give the service CAP_NET_BIND_SERVICE`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `this machine cannot resolve the name ${host}: set ${block}.host to an address of this machine`
    default:
      return `cannot listen on port ${port} of ${host} (${code}): change ${block}.host or ${block}.port`
  }
}
