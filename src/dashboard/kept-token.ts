const KEY = 'tikmeter.token'

/** The token of this tab, which the browser forgets when the tab is closed. */
export const keptToken = {
  get: (): string | undefined => sessionStorage.getItem(KEY) ?? undefined,
  keep: (token: string): void => sessionStorage.setItem(KEY, token),
  forget: (): void => sessionStorage.removeItem(KEY),
}
