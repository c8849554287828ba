import { Document, isMap } from 'yaml'

/** A router as it is written into a config. */
export interface RouterEntry {
  readonly id: string
  readonly host: string
  /** `undefined`: the default one. */
  readonly port: number | undefined
  /** SHA-256 of the certificate that is pinned; `undefined`: no TLS. */
  readonly fingerprint: string | undefined
  readonly username: string
  /** As it is written: a text with `${NAME}`, or a file. */
  readonly password: string | { readonly file: string }
}

export function valuesOf({ id, host, port, fingerprint, username, password }: RouterEntry): object {
  return {
    ...{ id, host },
    ...(port === undefined ? {} : { port }),
    ...(fingerprint === undefined ? {} : { tls: { fingerprint } }),
    ...{ username, password },
  }
}

/** The lines of the entry, the first one without the `- ` before it. */
export function blockLines(entry: RouterEntry): readonly string[] {
  const document = new Document(valuesOf(entry))
  if (isMap(document.contents))
    for (const { value } of document.contents.items) if (isMap(value)) value.flow = true
  return textOf(document).split('\n')
}

/** The entry as `{ id: hq, host: 10.1.0.1, … }`. */
export function flowText(entry: RouterEntry): string {
  const document = new Document(valuesOf(entry))
  if (isMap(document.contents)) document.contents.flow = true
  // The library breaks long ones into lines.
  return textOf(document).replaceAll(/\n\s*/g, ' ')
}

function textOf(document: Document): string {
  return document.toString({ lineWidth: 0 }).trimEnd()
}
