import { splitAt } from './request.ts'

/**
 * RouterOS' query words: each pushes a boolean onto a stack, and `#` operates on the stack. A row matches if everything
 * that is left is true.
 *
 *     key        has the property       -key       lacks it
 *     key=value  is equal               <key=value, >key=value   is less, is greater
 *     #…         from left to right: `!` inverts the top, `&` and `|` join the two topmost,
 *                an index and another character push a copy of that value (0 is the top),
 *                an index at the end replaces all with that value, `.` copies the top
 *
 * Source: MikroTik's API manual, "Queries".
 */
export function matches(
  queries: readonly string[],
  propertyOf: (key: string) => string | undefined,
): boolean {
  const stack: boolean[] = []
  for (const query of queries) {
    if (query.startsWith('#')) operate(query.slice(1), stack)
    else stack.push(isTrue(query, propertyOf))
  }
  return stack.every(value => value)
}

function isTrue(query: string, propertyOf: (key: string) => string | undefined): boolean {
  const first = query.charAt(0)
  if (first === '-') return propertyOf(query.slice(1)) === undefined
  const isComparison = first === '<' || first === '>' || first === '='
  const body = isComparison ? query.slice(1) : query
  const equals = body.indexOf('=')
  const [key, wanted] = splitAt(body, equals)
  const value = propertyOf(key)
  if (value === undefined) return false
  if (first === '<') return compare(value, wanted) < 0
  if (first === '>') return compare(value, wanted) > 0
  return equals < 0 || value === (BOOLEANS.get(wanted) ?? wanted) || value === wanted
}

/** Booleans may have either of RouterOS' spellings. */
const BOOLEANS: ReadonlyMap<string, string> = new Map([
  ['yes', 'true'],
  ['no', 'false'],
])

/** Compares whole numbers as 64-bit numbers, and everything else by bytes. */
function compare(a: string, b: string): number {
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) return Number(BigInt(a) - BigInt(b))
  if (a === b) return 0
  return a < b ? -1 : 1
}

function operate(operations: string, stack: boolean[]): void {
  for (const [operation] of operations.matchAll(/\d+.?|\D/gs)) {
    const index = Number.parseInt(operation, 10)
    if (Number.isInteger(index)) {
      const value = stack.at(-1 - index) ?? false
      if (/\d$/.test(operation)) stack.length = 0
      stack.push(value)
      if (!/[\d.]$/.test(operation)) operateOnce(operation.slice(-1), stack)
    } else operateOnce(operation, stack)
  }
}

function operateOnce(operation: string, stack: boolean[]): void {
  if (operation === '.') stack.push(stack.at(-1) ?? false)
  else if (operation === '!') stack.push(!stack.pop())
  else if (operation === '&' || operation === '|') {
    const top = stack.pop() ?? false
    const below = stack.pop() ?? false
    stack.push(operation === '&' ? top && below : top || below)
  }
}
