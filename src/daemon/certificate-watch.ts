import { stat } from 'node:fs/promises'
import { UnusableCertificate } from '../api/http/server-errors.ts'
import { type Checked, wrong } from '../config/fields/checked.ts'
import { readPair, type TlsFiles, type TlsPair } from '../config/fields/server-tls.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import { descriptorAdvice, isOutOfDescriptors } from '../runtime/descriptors.ts'
import type { Logger } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'

export interface CertificateWatchOptions {
  readonly files: TlsFiles
  /** The certificate in use. */
  readonly pair: TlsPair
  /** Uses another certificate. @throws UnusableCertificate, and keeps the current one */
  readonly serve: (pair: TlsPair) => void
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** How often the files are checked. They are read once both are the same at two checks, so never half replaced. */
const LOOK_EVERY_MS = 5_000
/** If less time than this is left, a renewal is late. */
const SOON_MS = 14 * 86_400_000

/** Keeps the certificate of HTTPS up to date: reads it again at a reload of the config, and when a file changes. */
export class CertificateWatch implements Component {
  readonly #options: CertificateWatchOptions
  readonly #loop: Loop
  #files: TlsFiles
  #served: TlsPair
  #seen: string | undefined
  /** Why the files are not in use; `undefined` while they are. */
  #refusal: string | undefined
  #warned: 'soon' | 'over' | undefined

  constructor(options: CertificateWatchOptions) {
    this.#options = options
    this.#files = options.files
    this.#served = options.pair
    this.#loop = new Loop(signal => this.#run(signal), options.onBug)
  }

  start(): void {
    this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  get expiresAt(): Date {
    return this.#served.expiresAt
  }

  /** Uses these files as they are now. */
  reload(files: TlsFiles): void {
    this.#files = files
    this.#takeUp()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    let before = await this.#stamp()
    while (!signal.aborted) {
      this.#warn()
      await clock.sleep(LOOK_EVERY_MS, signal)
      const stamp = await this.#stamp()
      const isSettled = stamp === before
      before = stamp
      if (signal.aborted || !isSettled || stamp === this.#seen) continue
      this.#seen = stamp
      this.#takeUp()
    }
  }

  /** Logs each refusal once, because the files are read again and again, and logs when it is over. */
  #takeUp(): void {
    const { log } = this.#options
    const before = { served: this.#served, refusal: this.#refusal }
    this.#refusal = this.#serve()
    const { serialNumber, expiresAt } = this.#served
    const is = { serialNumber, expiresAt }
    if (this.#refusal === undefined) {
      if (this.#served !== before.served || before.refusal !== undefined)
        log.info({ cert: this.#files.cert, ...is }, 'certificate reloaded')
    } else if (this.#refusal !== before.refusal) {
      log.error({ reason: this.#refusal, ...is }, 'certificate not reloaded: the previous one stays in use')
    }
  }

  /** @returns why the files are not in use */
  #serve(): string | undefined {
    const { serve, clock } = this.#options
    const found = this.#read()
    if (found.kind === 'wrong') return found.message
    const pair = found.value
    if (pair.cert === this.#served.cert && pair.key === this.#served.key) return undefined
    if (pair.expiresAt <= clock.now()) return 'server.tls.cert has expired: renew it'
    try {
      serve(pair)
    } catch (error) {
      if (!(error instanceof UnusableCertificate)) throw error
      return error.message
    }
    this.#served = pair
    this.#warned = undefined
    return undefined
  }

  #read(): Checked<TlsPair> {
    try {
      return readPair(this.#files)
    } catch (error) {
      if (!isOutOfDescriptors(error)) throw error
      // The next check tries again.
      this.#seen = undefined
      return wrong(descriptorAdvice(error))
    }
  }

  #warn(): void {
    const { clock, log } = this.#options
    const { expiresAt } = this
    const leftMs = expiresAt.getTime() - clock.now().getTime()
    const state = leftMs <= 0 ? 'over' : leftMs <= SOON_MS ? 'soon' : undefined
    if (state === undefined || state === this.#warned) return
    this.#warned = state
    const { cert } = this.#files
    log.warn(
      { cert, expiresAt },
      state === 'over' ? 'the certificate has expired' : 'the certificate expires soon',
    )
  }

  /** Follows links, because certbot and Kubernetes replace the link. */
  async #stamp(): Promise<string> {
    const { cert, key } = this.#files
    return `${await stampOf(cert)} ${await stampOf(key)}`
  }
}

/** Includes the time of the last change of any kind: a file that could not be read may become readable later. */
async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(file)
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`
  } catch {
    return 'none'
  }
}
