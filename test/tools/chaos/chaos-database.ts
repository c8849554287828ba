/** The database of all daemons, which none of them manages. */
export interface ChaosDatabase {
  /** The folder of its files, which is left when it has stopped; `undefined`: there is none. */
  readonly home: string | undefined
  /** @returns the connection URL, which contains the password */
  start(): Promise<string>
  stop(): Promise<void>
  /**
   * Kills a server with SIGKILL, and starts it again after `forMs`; it recovers.
   * @param variant in [0, 1), chooses the server if there are several
   */
  killFor(forMs: number, variant: number): Promise<void>
  /** Stops all processes of a server for a while: connections stay, and nothing is answered. */
  hangFor(forMs: number, variant: number): Promise<void>
}
