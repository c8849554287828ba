import { isAlias, isMap, isScalar, isSeq } from 'yaml'

/** The offset behind a value, without the comments and blank lines that follow it. */
export function valueEndOf(node: unknown): number {
  if ((isMap(node) || isSeq(node)) && !node.flow) {
    const last: unknown = node.items.at(-1)
    if (isSeq(node)) return valueEndOf(last)
    const pair = node.items.at(-1)
    if (isMap(node) && pair !== undefined && typeof pair === 'object' && 'key' in pair)
      return Math.max(valueEndOf(pair.key), valueEndOf(pair.value))
  }
  const isNode = isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)
  return isNode ? (node.range?.[1] ?? 0) : 0
}

/** The offset of the next line; of the end of the text if there is none. A block scalar ends with its own line. */
export function lineEndOf(text: string, valueEnd: number): number {
  if (text[valueEnd - 1] === '\n') return valueEnd
  const newline = text.indexOf('\n', valueEnd)
  return newline === -1 ? text.length : newline + 1
}

export function lineStartOf(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}
