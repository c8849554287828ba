import { DatabaseRefused } from './errors.ts'

/** A column of rows that are sent to PostgreSQL as one array per column. */
export type Column<Row> = { readonly name: string } & (
  | { readonly type: 'uuid' | 'text' | 'jsonb'; readonly of: (row: Row) => string | null }
  /** `2026-11-24` */
  | { readonly type: 'date'; readonly of: (row: Row) => string | null }
  /** Safe integers; an instant in milliseconds since 1970. */
  | { readonly type: 'int8' | 'int2' | 'timestamptz'; readonly of: (row: Row) => number | null }
)

/*
 * The binary form of an array. PostgreSQL reads it in a third of the time that the text form takes, and we make it
 * faster too. All numbers are big-endian:
 *
 *     array   = dimensions:int4 hasNull:int4 oid:int4 length:int4 firstIndex:int4 element*
 *     element = bytes:int4 value      | −1:int4 for null
 */
const HEAD_BYTES = 20
const LENGTH_BYTES = 4
const OIDS = { uuid: 2950, text: 25, jsonb: 3802, date: 1082, int8: 20, timestamptz: 1184, int2: 21 }

/** Encodes one column of the rows. @throws DatabaseRefused if a value is not of the column's type */
export function binaryArray<Row>(column: Column<Row>, rows: readonly Row[]): Buffer {
  const oid = OIDS[column.type]
  switch (column.type) {
    case 'text':
      return ofTexts(oid, '', rows, column.of)
    case 'jsonb':
      return ofTexts(oid, JSONB_VERSION, rows, column.of)
    case 'uuid':
      return ofSize(oid, 16, rows, column.of, writeUuid)
    case 'date':
      return ofSize(oid, 4, rows, column.of, writeDay)
    case 'int8':
      return ofSize(oid, 8, rows, column.of, writeInteger)
    case 'timestamptz':
      return ofSize(oid, 8, rows, column.of, writeInstant)
    case 'int2':
      return ofSize(oid, 2, rows, column.of, writeSmall)
    default:
      return column satisfies never
  }
}

function ofSize<Row, Value>(
  oid: number,
  size: number,
  rows: readonly Row[],
  of: (row: Row) => Value | null,
  write: (out: Buffer, at: number, value: Value) => void,
): Buffer {
  const out = Buffer.allocUnsafe(HEAD_BYTES + rows.length * (LENGTH_BYTES + size))
  let at = HEAD_BYTES
  let hasNull = false
  for (const row of rows) {
    const value = of(row)
    hasNull ||= value === null
    out.writeInt32BE(value === null ? -1 : size, at)
    at += LENGTH_BYTES
    if (value === null) continue
    write(out, at, value)
    at += size
  }
  writeHead(out, oid, hasNull, rows.length)
  return out.subarray(0, at)
}

/** The first byte of each value. */
const JSONB_VERSION = '\x01'

function ofTexts<Row>(
  oid: number,
  prefix: string,
  rows: readonly Row[],
  of: (row: Row) => string | null,
): Buffer {
  const values = rows.map(row => {
    const value = of(row)
    return value === null ? null : prefix + value
  })
  const bytes = values.reduce((sum, value) => sum + LENGTH_BYTES + Buffer.byteLength(value ?? ''), HEAD_BYTES)
  const out = Buffer.allocUnsafe(bytes)
  let at = HEAD_BYTES
  for (const value of values) {
    const length = value === null ? -1 : out.write(value, at + LENGTH_BYTES)
    out.writeInt32BE(length, at)
    at += LENGTH_BYTES + Math.max(0, length)
  }
  writeHead(out, oid, values.includes(null), rows.length)
  return out
}

function writeHead(out: Buffer, oid: number, hasNull: boolean, length: number): void {
  out.writeInt32BE(1, 0)
  out.writeInt32BE(hasNull ? 1 : 0, 4)
  out.writeInt32BE(oid, 8)
  out.writeInt32BE(length, 12)
  out.writeInt32BE(1, 16)
}

/** The index of each byte's first digit in `0199…-…`. */
const UUID_DIGITS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]
/** Values of hex digits by character code; −1 for other characters. */
const DIGITS = Int8Array.from({ length: 128 }, (_, code) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()),
)

function writeUuid(out: Buffer, at: number, value: string): void {
  let isWrong = value.length === 36 ? 0 : -1
  for (let byte = 0; byte < UUID_DIGITS.length; byte++) {
    const digit = UUID_DIGITS[byte] ?? 0
    const high = DIGITS[value.charCodeAt(digit)] ?? -1
    const low = DIGITS[value.charCodeAt(digit + 1)] ?? -1
    isWrong |= high | low
    out[at + byte] = (high << 4) | low
  }
  if (isWrong < 0) throw new DatabaseRefused(`not a uuid: ${JSON.stringify(value)}`)
}

const DAY_MS = 86_400_000
/** 2000-01-01, PostgreSQL's epoch. */
const EPOCH_MS = 946_684_800_000

function writeDay(out: Buffer, at: number, value: string): void {
  const days = (Date.parse(value) - EPOCH_MS) / DAY_MS
  if (!Number.isInteger(days)) throw new DatabaseRefused(`not a day: ${value}`)
  out.writeInt32BE(days, at)
}

function writeInteger(out: Buffer, at: number, value: number): void {
  if (!Number.isSafeInteger(value)) throw new DatabaseRefused(`not an exact number: ${value}`)
  out.writeInt32BE(Math.floor(value / 2 ** 32), at)
  out.writeUInt32BE(value >>> 0, at + 4)
}

/** Writes microseconds, which are not safe integers far from now. */
function writeInstant(out: Buffer, at: number, value: number): void {
  const microseconds = (value - EPOCH_MS) * 1_000
  if (Number.isSafeInteger(microseconds)) writeInteger(out, at, microseconds)
  else if (Number.isInteger(value)) out.writeBigInt64BE(BigInt(value - EPOCH_MS) * 1_000n, at)
  else throw new DatabaseRefused(`not an instant: ${value}`)
}

function writeSmall(out: Buffer, at: number, value: number): void {
  if (!Number.isInteger(value) || Math.abs(value) > 0x7fff)
    throw new DatabaseRefused(`not a small number: ${value}`)
  out.writeInt16BE(value, at)
}
