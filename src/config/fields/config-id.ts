import { isConfigId } from '../../accounting/ids.ts'
import { textMatching } from './scalar.ts'

/** The id of an entry in a list of the file. */
export const configId = textMatching(
  isConfigId,
  'an id in quotes: letters, digits, "-", "_" and ".", at most 64 characters',
)
