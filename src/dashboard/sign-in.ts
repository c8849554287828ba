import { byId, setText } from './page.ts'
import { isSendable } from './page-token.ts'

/** The form for the token. */
export class SignIn {
  readonly #onToken: (token: string) => void

  constructor(onToken: (token: string) => void) {
    this.#onToken = onToken
  }

  start(): void {
    byId('sign-in-form', HTMLFormElement).addEventListener('submit', event => {
      event.preventDefault()
      const field = byId('token', HTMLInputElement)
      const token = field.value.trim()
      if (!isSendable(token))
        return this.#refuse('Paste a token here first: letters, digits and dots, without spaces.')
      field.value = ''
      this.#onToken(token)
    })
  }

  /** @param why the reason why the last token was refused, if there was one */
  ask(why: string | undefined): void {
    byId('sign-in', HTMLElement).hidden = false
    if (why === undefined) this.#refuse('')
    else this.#refuse(why)
  }

  hide(): void {
    byId('sign-in', HTMLElement).hidden = true
    this.#refuse('')
  }

  #refuse(why: string): void {
    const field = byId('token', HTMLInputElement)
    setText(byId('sign-in-error', HTMLElement), why)
    if (why === '') field.removeAttribute('aria-invalid')
    else field.setAttribute('aria-invalid', 'true')
    if (why !== '') field.focus()
  }
}
