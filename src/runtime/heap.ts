import { setFlagsFromString } from 'node:v8'

/** How much the heap may grow before the next collection, as a percentage of what the last one left. */
const GROWING_PERCENT = 30

/**
 * Makes V8 collect the heap earlier from now on. By default V8 lets it grow to several times its used size, so what a
 * router makes us hold for a moment would remain as hundreds of megabytes of garbage. This costs nothing for honest
 * routers, because nearly all of their garbage is young and is collected anyway.
 */
export function keepHeapTight(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`)
}
