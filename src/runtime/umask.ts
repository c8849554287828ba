/**
 * Creates something that is closed to other accounts from its first moment, whatever the process's umask is.
 * @param make must have created it when it returns, because nothing else of the process may run under the umask
 */
export function closedToOthers(make: () => void): void {
  const before = process.umask(0o077)
  try {
    make()
  } finally {
    process.umask(before)
  }
}
