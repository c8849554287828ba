import type { Failure } from '../../src/runtime/failure.ts'

/** Records what the parts of a daemon report to their observers, in order. */
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
