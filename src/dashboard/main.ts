import { Board } from './board.ts'
import { Daemon } from './daemon.ts'
import { keptToken } from './kept-token.ts'
import { byId } from './page.ts'
import { SignIn } from './sign-in.ts'
import { refusalWords } from './standing.ts'
import { tokenOf } from './token.ts'

/** Where the daemon answers, from where the page is: `<meta name="tikmeter" content="../">`. */
const base = new URL(
  document.querySelector('meta[name=tikmeter]')?.getAttribute('content') ?? '../',
  document.baseURI,
)

const signIn = new SignIn(token => {
  enter(token)
  byId('main', HTMLElement).focus()
})
let board: Board | undefined

function enter(token: string): void {
  board?.stop()
  keptToken.keep(token)
  signIn.hide()
  board = new Board({ daemon: new Daemon(base, token), token, onRefused: why => leave(refusalWords(why)) })
  board.start()
}

function leave(why: string | undefined): void {
  board?.stop()
  board = undefined
  keptToken.forget()
  signIn.ask(why)
  byId('token', HTMLInputElement).focus()
}

/** A token in the address is taken out of it at once, so that it is not in the history, nor on anybody's screen. */
function fromAddress(): string | undefined {
  const token = tokenOf(location.hash)
  if (token !== undefined) history.replaceState(null, '', location.pathname + location.search)
  return token
}

signIn.start()
byId('sign-out', HTMLButtonElement).addEventListener('click', () => leave(undefined))
window.addEventListener('hashchange', () => {
  const token = fromAddress()
  if (token !== undefined) enter(token)
})
const token = fromAddress() ?? keptToken.get()
if (token === undefined) signIn.ask(undefined)
else enter(token)
