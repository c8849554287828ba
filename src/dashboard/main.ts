import { Board } from './board.ts'
import { DaemonApi } from './daemon-api.ts'
import { OtherToken } from './other-token.ts'
import { byId } from './page.ts'
import { refusalWords } from './page-status.ts'
import { isAnother, tokenOf } from './page-token.ts'
import { SignIn } from './sign-in.ts'

const TOKEN_KEY = 'tikmeter.token'

/** The token of this tab, which the browser forgets when the tab is closed. */
const keptToken = {
  get: (): string | undefined => sessionStorage.getItem(TOKEN_KEY) ?? undefined,
  keep: (token: string): void => sessionStorage.setItem(TOKEN_KEY, token),
  forget: (): void => sessionStorage.removeItem(TOKEN_KEY),
}

/** URL of the daemon, relative to the page: `<meta name="tikmeter" content="../">`. */
const base = new URL(
  document.querySelector('meta[name=tikmeter]')?.getAttribute('content') ?? '../',
  document.baseURI,
)

const signIn = new SignIn(token => {
  enter(token)
  byId('main', HTMLElement).focus()
})
const otherToken = new OtherToken(enter)
let board: Board | undefined

function enter(token: string): void {
  board?.stop()
  keptToken.keep(token)
  signIn.hide()
  board = new Board({ daemon: new DaemonApi(base, token), token, onRefused: why => leave(refusalWords(why)) })
  board.start()
}

function leave(why: string | undefined): void {
  board?.stop()
  board = undefined
  keptToken.forget()
  signIn.ask(why)
  byId('token', HTMLInputElement).focus()
}

/** Takes a token from the address, and removes it there at once, so that it is not in the history or on the screen. */
function fromAddress(): string | undefined {
  const token = tokenOf(location.hash)
  if (token !== undefined) history.replaceState(null, '', location.pathname + location.search)
  return token
}

/** Asks before replacing a token: the link may be meant for somebody else, or show another tenant's numbers. */
function take(offered: string): void {
  if (isAnother(offered, keptToken.get())) otherToken.ask(offered)
  else enter(offered)
}

signIn.start()
otherToken.start()
byId('sign-out', HTMLButtonElement).addEventListener('click', () => leave(undefined))
window.addEventListener('hashchange', () => {
  const offered = fromAddress()
  if (offered !== undefined) take(offered)
})
const offered = fromAddress()
const own = keptToken.get()
if (own !== undefined) enter(own)
if (offered !== undefined) take(offered)
else if (own === undefined) signIn.ask(undefined)
