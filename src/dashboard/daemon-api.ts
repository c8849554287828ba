import { type Fields, fieldsOf, textOf } from './json-fields.ts'

/**
 * `absent`: this daemon does not have the page. `refused`: the token is not accepted. `failed`: try again later.
 */
export type Answer =
  | { readonly kind: 'answer'; readonly content: Fields }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'failed' }

/** The daemon's HTTP API, with one token. */
export class DaemonApi {
  readonly #base: URL
  readonly #token: string
  /** Paths that the daemon does not have. They are not requested again. */
  readonly #absent = new Set<string>()

  /** @param base URL of the folder of `api/` and `ws` */
  constructor(base: URL, token: string) {
    this.#base = base
    this.#token = token
  }

  /** The feed's URL: `ws:` for `http:`, `wss:` for `https:`. */
  get feedUrl(): string {
    const url = new URL('ws', this.#base)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    return url.href
  }

  /** @throws the error of `fetch` if the signal aborts */
  async get(
    path: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer> {
    if (this.#absent.has(path)) return { kind: 'absent' }
    const url = new URL(`${path}?${new URLSearchParams(parameters)}`, this.#base)
    try {
      const headers = { Accept: 'application/json', Authorization: `Bearer ${this.#token}` }
      const response = await fetch(url, { headers, signal, cache: 'no-cache', credentials: 'omit' })
      if (response.status === 404) {
        this.#absent.add(path)
        return { kind: 'absent' }
      }
      const body = fieldsOf(await response.json())
      if (response.status === 401) return { kind: 'refused', why: textOf(body['detail']) }
      return response.ok ? { kind: 'answer', content: fieldsOf(body['data']) } : { kind: 'failed' }
    } catch (error) {
      if (signal.aborted) throw error
      return { kind: 'failed' }
    }
  }
}
