const FINAL_TEXT = 0x81
const IN_TWO_BYTES = 126
const IN_EIGHT_BYTES = 127

/**
 * Encodes a text as one WebSocket frame (RFC 6455, section 5.2), which can be written to any number of sockets: final,
 * and unmasked, like all frames of servers.
 *
 *     0x81 length payload            to 125 bytes
 *     0x81 126 uint16 payload        to 65,535
 *     0x81 127 uint64 payload        above
 */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const headBytes = length < IN_TWO_BYTES ? 2 : length < 0x10000 ? 4 : 10
  const frame = Buffer.allocUnsafe(headBytes + length)
  frame[0] = FINAL_TEXT
  switch (headBytes) {
    case 2:
      frame[1] = length
      break
    case 4:
      frame[1] = IN_TWO_BYTES
      frame.writeUInt16BE(length, 2)
      break
    case 10:
      frame[1] = IN_EIGHT_BYTES
      frame.writeBigUInt64BE(BigInt(length), 2)
      break
    default:
      headBytes satisfies never
  }
  frame.write(text, headBytes)
  return frame
}
