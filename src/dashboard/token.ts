const FRAGMENT = /^#token=([^&]+)$/

/** What a fragment such as `#token=eyJ…` holds; browsers send it to nobody. */
export function tokenOf(fragment: string): string | undefined {
  return FRAGMENT.exec(fragment)?.[1]
}

/** Whether it may be sent as a bearer token at all. */
export function isSendable(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

/** Whether somebody is signed in already, by another token than the one that is offered. */
export function isAnother(offered: string, own: string | undefined): boolean {
  return own !== undefined && own !== offered
}
