import { type RouterKey, routerId, routerKey, tenantId } from '../../accounting/ids.ts'
import type { Steps } from '../../accounting/steps.ts'
import { headOf, type JournalRecord, type RecordHead } from '../record.ts'
import { ByteReader, MalformedRecord } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { readPending, writePending } from './checkpoint-code.ts'
import { readDecision, writeDecision } from './decision-code.ts'
import { ReadWords, WrittenWords } from './dictionary.ts'
import type { Format } from './format.ts'
import { ReadContext, WrittenContext } from './router-context.ts'

/*
 *     record = kind:byte router:word epoch:varint position:varint body
 *     body   = decision | varint pending* | nothing | nothing
 *
 * A body is written as the difference from those before it, of the same router in the same segment. So these have to be
 * read in order, from the first. Heads are read without bodies.
 */
const KINDS = ['decision', 'checkpoint', 'committed', 'forgotten'] as const

/** Writes the records of one segment. */
export class RecordWriter {
  readonly #routers = new WrittenWords()
  readonly #contexts = new Map<RouterKey, WrittenContext>()

  /** Bytes of sessions that were written whole, which the next segment has to write again. */
  get sessionBytes(): number {
    let bytes = 0
    for (const { words } of this.#contexts.values()) bytes += words.sessionBytes
    return bytes
  }

  /** Writes a record in steps. Until it is done, nothing else may be written. */
  *write(out: ByteWriter, record: JournalRecord): Steps<void> {
    const { kind, router, epoch, position } = headOf(record)
    out.byte(KINDS.indexOf(kind))
    this.#routers.write(out, router)
    out.varint(epoch)
    out.varint(position)
    switch (record.kind) {
      case 'decision':
        yield* writeDecision(out, this.#context(router), record.decision)
        break
      case 'checkpoint':
        out.varint(record.pending.length)
        for (const pending of record.pending) writePending(out, this.#context(router), pending)
        break
      case 'committed':
      case 'forgotten':
        break
      default:
        record satisfies never
    }
  }

  #context(router: RouterKey): WrittenContext {
    const known = this.#contexts.get(router)
    if (known) return known
    const context = new WrittenContext()
    this.#contexts.set(router, context)
    return context
  }
}

/** Reads the heads of one segment's records. Give it each record, in order. Methods throw MalformedRecord. */
export class HeadReader {
  readonly #routers = new ReadWords()

  read(payload: Buffer): RecordHead {
    const from = new ByteReader(payload)
    const kind = from.choice(KINDS)
    const router = routerOf(this.#routers.read(from))
    return { kind, router, epoch: from.varint(), position: from.varint() }
  }
}

/** Reads one router's records of one segment. Give it each record, in order. */
export class RecordReader {
  readonly #router: RouterKey
  readonly #context: ReadContext

  constructor(router: RouterKey, format: Format) {
    this.#router = router
    this.#context = new ReadContext(format)
  }

  /**
   * @param payload the record and nothing else
   * @throws MalformedRecord
   */
  read(payload: Buffer): JournalRecord {
    const from = new ByteReader(payload)
    const record = this.#read(from)
    if (!from.isAtEnd) throw new MalformedRecord('continues after its end')
    return record
  }

  #read(from: ByteReader): JournalRecord {
    const router = this.#router
    const kind = from.choice(KINDS)
    const isRouterNew = from.varint() === 0
    if (isRouterNew) from.string()
    const epoch = from.varint()
    const position = from.varint()
    switch (kind) {
      case 'decision':
        return { kind, router, epoch, position, decision: readDecision(from, this.#context) }
      case 'checkpoint':
        return { kind, router, epoch, pending: [...from.items(() => readPending(from, this.#context))] }
      case 'committed':
      case 'forgotten':
        return { kind, router, epoch, position }
      default:
        return kind satisfies never
    }
  }
}

function routerOf(word: string): RouterKey {
  const [tenant = '', router = ''] = word.split('/', 2)
  try {
    return routerKey(tenantId(tenant), routerId(router))
  } catch (cause) {
    throw new MalformedRecord(`no router ${JSON.stringify(word)}`, { cause })
  }
}
