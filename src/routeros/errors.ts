import { RAISE_DESCRIPTORS } from '../runtime/descriptors.ts'
import { boundedError } from './menus/bounded-text.ts'

/** A router could not be reached or read. `retryable` says whether another attempt may soon succeed. */
export abstract class RouterError extends Error {
  abstract readonly retryable: boolean
}

/** A connection could not be made, or it ended: refused, reset, closed, unreachable. */
export class RouterUnreachable extends RouterError {
  override readonly name = 'RouterUnreachable'
  /** Links flap and routers reboot. */
  override readonly retryable = true
}

/** This process had no file descriptor left for a connection. The router may be fine. */
export class OutOfDescriptors extends RouterError {
  override readonly name = 'OutOfDescriptors'
  /** Other connections end and free theirs. */
  override readonly retryable = true

  constructor(options: ErrorOptions) {
    super(RAISE_DESCRIPTORS, options)
  }
}

/** No answer within the deadline. */
export class RouterTimeout extends RouterError {
  override readonly name = 'RouterTimeout'
  /** The router may only be busy. */
  override readonly retryable = true
  /** `answer` comes after a login, so the address is right then. */
  readonly waitedFor: 'handshake' | 'login' | 'answer'

  constructor(waitedFor: RouterTimeout['waitedFor'], message: string) {
    super(message)
    this.waitedFor = waitedFor
  }
}

/** The router refuses the user or the password, or the user lacks the `api` policy. */
export class RouterLoginRefused extends RouterError {
  override readonly name = 'RouterLoginRefused'
  /** Each attempt is a line in the router's log. Only a refusal right after a reboot may be temporary. */
  override readonly retryable = false
}

/** Why there is no TLS: the port does not speak it, the router's version is too old, or another reason. */
export type TlsObstacle = 'absent' | 'outdated' | 'other'

/** The TLS handshake failed, but not because of the certificate. */
export class RouterTlsFailed extends RouterError {
  override readonly name = 'RouterTlsFailed'
  /** The handshake comes before the login, so another attempt is no line in the router's log. */
  override readonly retryable = true
  readonly why: TlsObstacle

  constructor(why: TlsObstacle, message: string, options?: ErrorOptions) {
    super(message, options)
    this.why = why
  }
}

/**
 * Why a certificate is not trusted: it has expired or is not valid yet, is for another name, is not the pinned one, is
 * missing, has a signature or a key that can be forged, or is signed by an unknown authority.
 */
export type Distrust =
  | 'expired'
  | 'not-yet-valid'
  | 'another-name'
  | 'another-pin'
  | 'none'
  | 'weak'
  | 'unknown-authority'

/** The router's certificate is not trusted. */
export class RouterCertificateRefused extends RouterError {
  override readonly name = 'RouterCertificateRefused'
  override readonly retryable = false
  readonly why: Distrust

  constructor(why: Distrust, message: string, options?: ErrorOptions) {
    super(message, options)
    this.why = why
  }
}

/** The peer does not speak the API, or its stream is damaged and the rest cannot be read. */
export class RouterGarbled extends RouterError {
  override readonly name = 'RouterGarbled'
  override readonly retryable = true
}

/** The router sent more than its budget. It is paused for a while, and other routers are not affected. */
export class RouterOverloaded extends RouterError {
  override readonly name = 'RouterOverloaded'
  /** It would send as much again. */
  override readonly retryable = false
  readonly isOverload = true

  constructor(reason: string) {
    super(`${reason}: raise max_sessions if the router really has so many`)
  }
}

/** The router ended the session with `!fatal`. */
export class RouterFatal extends RouterError {
  override readonly name = 'RouterFatal'
  override readonly retryable = true
}

/**
 * The router answered a command with `!trap`. Categories, per MikroTik's API manual: 0 missing item or command,
 * 1 argument value failure, 2 interrupted, 3 scripting, 4 general, 5 API, 6 TTY, 7 value by `:return`.
 */
export class RouterTrap extends RouterError {
  override readonly name = 'RouterTrap'
  readonly command: string
  readonly category: number | undefined
  /** Messages of the command's first few traps, in order. */
  readonly messages: readonly string[]

  constructor(command: string, messages: readonly string[], category: number | undefined) {
    super(`${command}: ${boundedError(messages.join('; '))}`)
    this.command = command
    this.messages = messages
    this.category = category
  }

  /** The router's messages, without the command. */
  get reason(): string {
    return boundedError(this.messages.join('; '))
  }

  /** Whether the router lacks the menu because a package is disabled. That is a capability, not a failure. */
  get isMissingMenu(): boolean {
    return this.messages.some(message => /^no such command/.test(message))
  }

  get isMissingRight(): boolean {
    return this.messages.some(message => /not enough permissions/.test(message))
  }

  /** Rights and menus stay the same until somebody changes them. Other errors may pass. */
  override get retryable(): boolean {
    return !this.isMissingRight && !this.isMissingMenu
  }
}
