import { byId } from './page.ts'

/** Asks whether the token of a link should replace the current one. */
export class OtherToken {
  readonly #onTaken: (token: string) => void
  #offered: string | undefined

  constructor(onTaken: (token: string) => void) {
    this.#onTaken = onTaken
  }

  start(): void {
    const dialog = byId('other-token', HTMLDialogElement)
    byId('keep-token', HTMLButtonElement).addEventListener('click', () => dialog.close())
    byId('take-token', HTMLButtonElement).addEventListener('click', () => {
      const token = this.#offered
      dialog.close()
      if (token !== undefined) this.#onTaken(token)
    })
    // Escape closes the dialog too, and keeps the current token.
    dialog.addEventListener('close', () => {
      this.#offered = undefined
    })
  }

  ask(token: string): void {
    this.#offered = token
    const dialog = byId('other-token', HTMLDialogElement)
    if (!dialog.open) dialog.showModal()
  }
}
