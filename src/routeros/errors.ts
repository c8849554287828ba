import { RAISE_DESCRIPTORS } from '../runtime/descriptors.ts'
import { boundedError } from './menus/bounded-text.ts'

/** A router that could not be reached or read. Subclasses say what happened, `retryable` whether a retry may help soon. */
export abstract class RouterError extends Error {
  abstract readonly retryable: boolean
}

/** No connection came about, or it ended: refused, reset, closed, unreachable. */
export class RouterUnreachable extends RouterError {
  override readonly name = 'RouterUnreachable'
  /** Links flap and routers reboot. */
  override readonly retryable = true
}

/** This process had no file descriptor left for a connection: the router may be well. */
export class OutOfDescriptors extends RouterError {
  override readonly name = 'OutOfDescriptors'
  /** Others close theirs. */
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
  /** Who has logged in was let through and understood: then it is not the address that is wrong. */
  readonly waitedFor: 'handshake' | 'login' | 'answer'

  constructor(waitedFor: RouterTimeout['waitedFor'], message: string) {
    super(message)
    this.waitedFor = waitedFor
  }
}

/** The router does not take the user or its password, or the user lacks the `api` policy. */
export class RouterLoginRefused extends RouterError {
  override readonly name = 'RouterLoginRefused'
  /** Each try is a line in the router's log; right after a reboot it can pass, though. */
  override readonly retryable = false
}

/** Why there is no TLS: the port does not speak it, the router's is too old for us, or some other reason. */
export type TlsObstacle = 'absent' | 'outdated' | 'other'

/** TLS did not come about, certificates aside. */
export class RouterTlsFailed extends RouterError {
  override readonly name = 'RouterTlsFailed'
  /** It comes before any login, so a try more is no line in the router's log. */
  override readonly retryable = true
  readonly why: TlsObstacle

  constructor(why: TlsObstacle, message: string, options?: ErrorOptions) {
    super(message, options)
    this.why = why
  }
}

/**
 * Why a certificate is not believed: it is past its time or not yet in it, for another name, not the pinned one, not
 * there at all, signed in a way or with a key that anybody could forge, or signed by nobody that is trusted.
 */
export type Distrust =
  | 'expired'
  | 'not-yet-valid'
  | 'another-name'
  | 'another-pin'
  | 'none'
  | 'weak'
  | 'unknown-authority'

/** The certificate is not the one to trust. */
export class RouterCertificateRefused extends RouterError {
  override readonly name = 'RouterCertificateRefused'
  override readonly retryable = false
  readonly why: Distrust

  constructor(why: Distrust, message: string, options?: ErrorOptions) {
    super(message, options)
    this.why = why
  }
}

/** The peer does not speak the API, or its stream was cut in a way that can't be read on. */
export class RouterGarbled extends RouterError {
  override readonly name = 'RouterGarbled'
  override readonly retryable = true
}

/** The router sent more than its budget: it is let alone for a while, and nobody else notices. */
export class RouterOverloaded extends RouterError {
  override readonly name = 'RouterOverloaded'
  /** It would send as much again. */
  override readonly retryable = false
  readonly isOverload = true

  constructor(reason: string) {
    super(`${reason}: raise max_sessions if the router does have so many`)
  }
}

/** The router ended the session by `!fatal`. */
export class RouterFatal extends RouterError {
  override readonly name = 'RouterFatal'
  override readonly retryable = true
}

/**
 * The router's answer to a command was `!trap`. Categories, per MikroTik's API manual: 0 missing item or command,
 * 1 argument value failure, 2 interrupted, 3 scripting, 4 general, 5 API, 6 TTY, 7 value by `:return`.
 */
export class RouterTrap extends RouterError {
  override readonly name = 'RouterTrap'
  readonly command: string
  readonly category: number | undefined
  /** The first few, the first being the error's message. */
  readonly messages: readonly string[]

  constructor(command: string, messages: readonly string[], category: number | undefined) {
    super(`${command}: ${boundedError(messages.join('; '))}`)
    this.command = command
    this.messages = messages
    this.category = category
  }

  /** What the router says, without the command. */
  get reason(): string {
    return boundedError(this.messages.join('; '))
  }

  /** Whether the menu is not there: a package that is off, which is a capability and no failure. */
  get isMissingMenu(): boolean {
    return this.messages.some(message => /^no such command/.test(message))
  }

  get isMissingRight(): boolean {
    return this.messages.some(message => /not enough permissions/.test(message))
  }

  /** Rights and menus stay as they are until somebody changes them; anything else may pass. */
  override get retryable(): boolean {
    return !this.isMissingRight && !this.isMissingMenu
  }
}
