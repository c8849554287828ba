import { ConfigDocument } from './document.ts'
import { type Fault, type Finding, pathText } from './fault.ts'
import { readText } from './fields/readable-file.ts'
import { MAX_BYTES } from './load.ts'

/** A finding as a fault, with the place in the file where it stands. */
export function located(file: string, document: ConfigDocument, { path, message }: Finding): Fault {
  return { file, ...document.positionOf(path), path: pathText(path), message }
}

/** The same of findings in a config that was loaded from the file before, which is read only where there are any. */
export function locatedIn(file: string, found: readonly Finding[]): readonly Fault[] {
  if (found.length === 0) return []
  const text = readText(file, MAX_BYTES)
  const document = new ConfigDocument(text.kind === 'right' ? text.value : '')
  return found.map(finding => located(file, document, finding))
}
