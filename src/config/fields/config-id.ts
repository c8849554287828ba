import { isConfigId } from '../../accounting/ids.ts'
import { textOf } from './scalar.ts'

/** The id of whatever the file has several of. */
export const configId = textOf(
  isConfigId,
  'an id in quotes: letters, digits, "-", "_" and ".", 64 at the most',
)
