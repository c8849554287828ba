const FRAGMENT = /^#token=([^&]+)$/

/** The token in a fragment such as `#token=eyJ…`, which browsers do not send to servers. */
export function tokenOf(fragment: string): string | undefined {
  return FRAGMENT.exec(fragment)?.[1]
}

/** Whether a text can be sent as a bearer token. */
export function isSendable(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

/** Whether somebody is signed in with another token. */
export function isAnother(offered: string, own: string | undefined): boolean {
  return own !== undefined && own !== offered
}
