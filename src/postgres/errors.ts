/** The embedded PostgreSQL could not be started; the message says what to do. */
export abstract class EmbeddedError extends Error {
  abstract readonly retryable: boolean
}

export class NoBinaries extends EmbeddedError {
  override readonly name = 'NoBinaries'
  override readonly retryable = false

  constructor(why: string, options?: ErrorOptions) {
    super(
      `the embedded PostgreSQL is not usable: ${why}. Run npm install again, or set database.url to a PostgreSQL.`,
      options,
    )
  }
}

export class NoAccount extends EmbeddedError {
  override readonly name = 'NoAccount'
  override readonly retryable = false

  constructor(why: string) {
    super(
      `PostgreSQL refuses to run as root, and there is no other user for it: ${why}. ` +
        'Run tikmeter as an ordinary user, make a system user named postgres, or set database.url.',
    )
  }
}

export class UnnamedUser extends EmbeddedError {
  override readonly name = 'UnnamedUser'
  override readonly retryable = false

  constructor(uid: number | undefined) {
    super(
      `PostgreSQL refuses to run as uid ${uid}, because it has no entry in /etc/passwd. Run tikmeter as a user that has ` +
        "one (in tikmeter's image: 1000), or set database.url.",
    )
  }
}

export class UnreachableDirectory extends EmbeddedError {
  override readonly name = 'UnreachableDirectory'
  override readonly retryable = false

  constructor(directory: string, user: string) {
    super(`database.directory ${directory} is not accessible to user ${user}. Set it to a folder that is.`)
  }
}

export class ForeignLink extends EmbeddedError {
  override readonly name = 'ForeignLink'
  override readonly retryable = false

  constructor(path: string) {
    super(
      `database.directory leads through ${path}, which another user can change. As root, set it to a path that only ` +
        'root can change, or run tikmeter as that user.',
    )
  }
}

export class ForeignDirectory extends EmbeddedError {
  override readonly name = 'ForeignDirectory'
  override readonly retryable = false

  constructor(directory: string, holds: string) {
    super(`database.directory ${directory} holds other things (${holds}). Set it to a folder of its own.`)
  }
}

export class PasswordLost extends EmbeddedError {
  override readonly name = 'PasswordLost'
  override readonly retryable = false

  constructor(file: string) {
    super(
      `the password file of the database is missing: ${file}. Restore it from a backup; or let ` +
        'pg_hba.conf trust local, set a new password for user tikmeter, and write it there.',
    )
  }
}

export class NoSocketFolder extends EmbeddedError {
  override readonly name = 'NoSocketFolder'
  override readonly retryable = false

  constructor(folders: readonly string[]) {
    super(
      'PostgreSQL has no folder for its socket: the path of database.directory is too long for one or its file ' +
        `system has none, and ${folders.join(' and ')} cannot be created, or belong to another user. ` +
        'Set database.directory to a shorter path on a local disk.',
    )
  }
}

export class AnotherDaemon extends EmbeddedError {
  override readonly name = 'AnotherDaemon'
  /** It may be about to end. */
  override readonly retryable = true

  constructor(directory: string) {
    super(
      `another tikmeter uses the database in ${directory}. Stop it first, or set another database.directory.`,
    )
  }
}

export class HiddenServer extends EmbeddedError {
  override readonly name = 'HiddenServer'
  /** It may be about to end. */
  override readonly retryable = true

  constructor(folder: string) {
    super(
      `a PostgreSQL in another container uses ${folder}. Run this there (docker exec), or stop that container first.`,
    )
  }
}

/** The file system has no sockets, or the socket's name is taken. */
export class SocketRefused extends EmbeddedError {
  override readonly name = 'SocketRefused'
  /** Another folder may work. */
  override readonly retryable = true

  constructor(folder: string, said: string) {
    super(`PostgreSQL cannot create its socket in ${folder}: ${said}`)
  }
}

export class PostgresFailed extends EmbeddedError {
  override readonly name = 'PostgresFailed'
  /** The cause may be gone the next time: a port, memory, a full disk. */
  override readonly retryable = true

  /** @param said the end of the program's output or log */
  constructor(what: string, said: string) {
    super(`${what}: ${said}`)
  }
}
