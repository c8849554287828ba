import { RouterLoginRefused } from '../errors.ts'
import { type Address, dial } from './dial.ts'
import type { Line } from './line.ts'
import { encodeText } from './text.ts'

/**
 * Connects and logs in, first in UTF-8. A password that was set with an old WinBox is in windows-1252, so a refusal is
 * followed by a second attempt if the two encodings differ.
 * @param timeoutMs limit for each attempt
 * @throws RouterError
 */
export async function openLine(address: Address, timeoutMs: number, signal: AbortSignal): Promise<Line> {
  try {
    return await dial(address, 'utf-8', timeoutMs, signal)
  } catch (error) {
    const differs = [address.username, address.password].some(isOtherInWindows1252)
    if (!(error instanceof RouterLoginRefused && differs)) throw error
    return dial(address, 'windows-1252', timeoutMs, signal)
  }
}

function isOtherInWindows1252(text: string): boolean {
  const bytes = encodeText(text, 'windows-1252')
  return bytes !== undefined && !bytes.equals(Buffer.from(text, 'utf8'))
}
