import { isConfigId } from '../../accounting/ids.ts'
import { textOf } from './scalar.ts'

/** The id of an entry in a list of the file. */
export const configId = textOf(
  isConfigId,
  'an id in quotes: letters, digits, "-", "_" and ".", at most 64 characters',
)
