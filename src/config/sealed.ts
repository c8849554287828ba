import { Secret } from './fields/secret.ts'

/** A secret's place and text. Messages to another thread are copied, and a `Secret` loses its text in the copy. */
export type SealedSecret = readonly [holder: object, key: string, text: string]

/** Lists all secrets in a value of plain objects and arrays. Send both in one message, so that references are kept. */
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

/** Puts the secrets back into their places. */
export function unseal(sealed: readonly SealedSecret[]): void {
  for (const [holder, key, text] of sealed) Reflect.set(holder, key, new Secret(text))
}
