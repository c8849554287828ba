import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

/** Any port: nothing is sent. */
const DISCARD_PORT = 9

/** The address of this machine from which it reaches a host, if no NAT is between; `undefined` if there is no route. */
export function ownAddressTo(host: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    const end = (address: string | undefined) => {
      socket.close()
      resolve(address)
    }
    socket.once('error', () => end(undefined))
    socket.connect(DISCARD_PORT, host, () => end(socket.address().address))
  })
}
