/** Parses JSON, which may be `null`. Returns `undefined` if the text is not JSON. */
export function parseJson(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return undefined
  }
}
