import type { Failure } from '../../src/runtime/failure.ts'

/** What the parts of a daemon tell whoever measures them, in its order. */
export class Observations {
  readonly all: string[] = []

  polled(): void {
    this.all.push('polled')
  }

  pollFailed({ name }: Failure): void {
    this.all.push(`failed: ${name}`)
  }

  committed(): void {
    this.all.push('committed')
  }

  commitFailed(): void {
    this.all.push('not committed')
  }

  happened(event: string): void {
    this.all.push(event)
  }

  reloaded(outcome: string): void {
    this.all.push(outcome)
  }
}
