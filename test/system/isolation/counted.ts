/**
 * The same object, but that each call of its methods is written down: what is done for one name and for another can be
 * compared, which its time can't.
 */
export function counted<T extends object>(target: T, calls: string[]): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...given: readonly unknown[]): unknown => {
        calls.push(`${String(name)} ${JSON.stringify(given)}`)
        return Reflect.apply(value, target, given)
      }
    },
  })
}
