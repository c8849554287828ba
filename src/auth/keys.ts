import { createPublicKey, type KeyObject, webcrypto } from 'node:crypto'
import { type CryptoKey, createRemoteJWKSet } from 'jose'

/** What tokens are checked with, as in `auth` of the config. */
export type TokenKey =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'jwks'; readonly url: string }
  | { readonly kind: 'public-key'; readonly pem: string }

/**
 * An issuer's key set. It is kept for ten minutes, and fetched earlier if a token names an unknown key, at most every
 * half minute (`coolingDown` until then).
 */
type RemoteKeys = ReturnType<typeof createRemoteJWKSet>

/** A key with the only algorithms that it allows. A token's own `alg` chooses among them. */
export type PinnedKey =
  | { readonly kind: 'local'; readonly key: KeyObject | Promise<CryptoKey>; readonly algorithms: string[] }
  | { readonly kind: 'remote'; readonly key: RemoteKeys; readonly algorithms: string[] }

/** The config's key cannot check any token. A restart does not help. */
export class UnusableKey extends Error {
  override readonly name = 'UnusableKey'
}

const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const ED25519 = ['EdDSA', 'Ed25519']
const EC: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

/** @throws UnusableKey */
export function pinnedKey(source: TokenKey): PinnedKey {
  switch (source.kind) {
    case 'secret':
      return { kind: 'local', key: verifyingSecret(source.secret), algorithms: ['HS256'] }
    case 'jwks':
      return {
        kind: 'remote',
        key: createRemoteJWKSet(webUrl(source.url)),
        algorithms: [...ED25519, ...Object.values(EC), ...RSA],
      }
    case 'public-key': {
      const key = publicKey(source.pem)
      return { kind: 'local', key, algorithms: algorithmsOf(key) }
    }
    default:
      return source satisfies never
  }
}

export function secretBytes(secret: string): Uint8Array {
  return new TextEncoder().encode(secret)
}

/** Imported once: jose would import a secret's bytes again for each token, which takes longer than its signature. */
function verifyingSecret(secret: string): Promise<CryptoKey> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  return webcrypto.subtle.importKey('raw', secretBytes(secret), hmac, false, ['verify'])
}

function webUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw new UnusableKey('not a web address')
  return url
}

function publicKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch (cause) {
    throw new UnusableKey('not a public key in PEM', { cause })
  }
}

function algorithmsOf(key: KeyObject): string[] {
  const type = key.asymmetricKeyType
  if (type === 'ed25519') return ED25519
  if (type === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return RSA
  const curve = key.asymmetricKeyDetails?.namedCurve
  const algorithm = type === 'ec' && curve !== undefined ? EC[curve] : undefined
  if (algorithm !== undefined) return [algorithm]
  throw new UnusableKey('not an Ed25519, P-256, P-384, P-521 or RSA key of 2048 bits and more')
}
