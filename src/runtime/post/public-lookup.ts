import { type LookupAddress, lookup as lookupByName } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isPrivateAddress } from '../private-address.ts'

/** All addresses of the host are private. */
export class PrivateAddress extends Error {
  override readonly name = 'PrivateAddress'
  readonly code = 'TIKMETER_PRIVATE_ADDRESS'
}

/** Looks up all addresses of a name. */
type Resolve = (
  name: string,
  options: { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * A DNS lookup that leaves out private addresses. The connection itself calls it, so a name cannot have one address
 * when it is checked and another when it is connected to.
 */
export function publicLookup(resolve: Resolve = lookupByName): LookupFunction {
  return (name, options, done) =>
    resolve(name, { ...options, all: true }, (error, addresses) => {
      const found = error ? [] : addresses.filter(({ address }) => !isPrivateAddress(address))
      const [first] = found
      if (error) done(error, [])
      else if (first === undefined) done(new PrivateAddress('the host has private addresses only'), [])
      else if (options.all) done(null, found)
      else done(null, first.address, first.family)
    })
}
