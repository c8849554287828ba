import { Secret } from './fields/secret.ts'

/** Where a secret stands, and its text: what goes to another thread is copied, and a secret is not copied with it. */
export type SealedSecret = readonly [holder: object, key: string, text: string]

/** All secrets in a value of plain objects and lists. They are to go with it in one message: then they find their holders. */
export function sealedIn(value: unknown): readonly SealedSecret[] {
  const sealed: SealedSecret[] = []
  const look = (holder: object) => {
    for (const key of Object.keys(holder)) {
      const it: unknown = Reflect.get(holder, key)
      if (it instanceof Secret) sealed.push([holder, key, it.reveal()])
      else if (typeof it === 'object' && it !== null) look(it)
    }
  }
  if (typeof value === 'object' && value !== null) look(value)
  return sealed
}

/** Puts the secrets back where they stood. */
export function unseal(sealed: readonly SealedSecret[]): void {
  for (const [holder, key, text] of sealed) Reflect.set(holder, key, new Secret(text))
}
