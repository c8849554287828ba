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
    super('server.tls can not be used: name the PEM file of a certificate, and that of its own key', options)
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
      return `port ${port} of ${host} is taken: stop who listens there ("ss -ltnp sport = :${port}" says who), or set ${block}.port to another`
    case 'EADDRNOTAVAIL':
      return `${host} is no address of this machine: set ${block}.host to one that is ("ip address" lists them), or to 0.0.0.0 for all`
    case 'EACCES':
      return `port ${port} is not for this user: set ${block}.port to 1024 or more, or give the service CAP_NET_BIND_SERVICE`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is a name that this machine does not know: set ${block}.host to an address of this machine`
    default:
      return `port ${port} of ${host} can not be listened on (${code}): set ${block}.host or ${block}.port to another`
  }
}
