import { writeNumber, writeUptime } from './digits.ts'
import type { Output } from './output.ts'
import type { Subscribers } from './subscribers.ts'
import { END, MOVING, MOVING_BYTES, type Templates } from './template.ts'

/**
 * Writes the rows of some subscribers at one instant. The fleet spends its time here: no string, object or closure is
 * created.
 */
export function writeRows(
  out: Output,
  head: Uint8Array,
  templates: Templates,
  subscribers: Subscribers,
  numbers: readonly number[],
  nowMs: number,
): void {
  out.reserve(numbers.length * (head.length + templates.longest + MOVING_BYTES))
  const { bytes: to } = out
  const { bytes: from } = templates
  let at = out.length
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index] ?? 0
    for (let place = 0; place < head.length; place++) to[at++] = head[place] ?? 0
    at = writeRow(to, at, from, templates.startOf(number), subscribers, number, nowMs)
  }
  out.length = at
}

function writeRow(
  to: Uint8Array,
  start: number,
  from: Uint8Array,
  template: number,
  subscribers: Subscribers,
  number: number,
  nowMs: number,
): number {
  let at = start
  let place = template
  for (;;) {
    const byte = from[place++] ?? END
    if (byte < 0x80) {
      to[at++] = byte
      continue
    }
    if (byte === END) return at
    const lengthAt = at++
    for (let left = from[place++] ?? 0; left > 0; left--) to[at++] = from[place++] ?? 0
    if (byte === MOVING.uptime)
      at = writeUptime(to, at, Math.floor(subscribers.uptimeMs(number, nowMs) / 1000))
    else if (byte === MOVING.upload) at = writeNumber(to, at, subscribers.uploadAt(number, nowMs))
    else at = writeNumber(to, at, subscribers.downloadAt(number, nowMs))
    to[lengthAt] = at - lengthAt - 1
  }
}
