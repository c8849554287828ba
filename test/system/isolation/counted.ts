/**
 * The same object, with every call of its methods written to `calls`. The work done for two names can then be compared,
 * which its duration cannot.
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
