/** Makes a thing when it is asked for, and once. */
export function onceMade<T>(make: () => T): () => T {
  let made: { readonly it: T } | undefined
  return () => {
    made ??= { it: make() }
    return made.it
  }
}
