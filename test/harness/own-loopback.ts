/**
 * An address of this machine for this process alone, so that nobody else gets a port that is closed for a while.
 * Only Linux has more than one by default.
 */
export const OWN_LOOPBACK = process.platform === 'linux' ? ownAddress(process.pid) : '127.0.0.1'

function ownAddress(pid: number): string {
  return `127.${64 + ((pid >> 16) & 63)}.${(pid >> 8) & 255}.${pid & 255}`
}
