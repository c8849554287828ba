import { ConfigDocument } from './document.ts'
import { type Fault, type Finding, pathText } from './fault.ts'
import { readText } from './fields/readable-file.ts'
import { MAX_BYTES } from './load.ts'

/** Turns a finding into a fault, with its position in the file. */
export function located(file: string, document: ConfigDocument, { path, message }: Finding): Fault {
  return { file, ...document.positionOf(path), path: pathText(path), message }
}

/** Locates findings in a config that was loaded before. The file is read again only if there are any. */
export function locatedIn(file: string, found: readonly Finding[]): readonly Fault[] {
  if (found.length === 0) return []
  const text = readText(file, MAX_BYTES)
  const document = new ConfigDocument(text.kind === 'right' ? text.value : '')
  return found.map(finding => located(file, document, finding))
}
