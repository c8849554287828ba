import type { ConfigDocument } from '../document.ts'
import { type Fault, type Finding, pathText } from '../fault.ts'
import type { JoinedTenants, Place } from './joined-tenants.ts'

/** A file of a config. */
export interface Source {
  /** The path as the user gave it, or as it follows from that. */
  readonly file: string
  readonly document: ConfigDocument
}

export interface WholeConfigParts extends Pick<WholeConfig, 'values' | 'include'> {
  /** The file that includes, and then the included ones. */
  readonly sources: readonly Source[]
  /** `undefined` if no file is included: then `values` are those of the only file. */
  readonly tenants: JoinedTenants | undefined
}

/** The values of a config as one, and the place of each of them in its files. */
export class WholeConfig {
  readonly values: unknown
  /** The patterns of included files, as absolute paths. */
  readonly include: readonly string[]
  readonly #sources: readonly Source[]
  readonly #tenants: JoinedTenants | undefined

  constructor({ values, include, sources, tenants }: WholeConfigParts) {
    this.values = values
    this.include = include
    this.#sources = sources
    this.#tenants = tenants
  }

  /** The files of the config, the first one included. */
  get files(): readonly string[] {
    return this.#sources.map(({ file }) => file)
  }

  /** The last file with this tenant; `undefined` if none has it. */
  lastFileOf(tenant: string): string | undefined {
    return this.#sources.findLast(({ document }) => document.hasTenant(tenant))?.file
  }

  /** Turns a finding into a fault, with its position in its file. */
  locate({ path, message }: Finding): Fault {
    const text = typeof message === 'string' ? message : message(it => this.#nameOf(this.#placeOf(it)))
    return this.locateAt(this.#placeOf(path), text)
  }

  /** The same for a place in one of the files. */
  locateAt({ source, path }: Place, message: string | ((nameOf: (place: Place) => string) => string)): Fault {
    const { file, document } = this.#sourceAt(source)
    const text = typeof message === 'string' ? message : message(it => this.#nameOf(it))
    return { file, ...document.positionOf(path), path: pathText(path), message: text }
  }

  /** Sorts faults as they are read: by file, then by line. */
  sorted(faults: readonly Fault[]): readonly Fault[] {
    const order = new Map(this.files.map((file, index) => [file, index]))
    const rank = ({ file }: Fault) => order.get(file) ?? order.size
    return [...faults].sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column)
  }

  #placeOf(path: readonly PropertyKey[]): Place {
    const [first, ...rest] = path
    const joined = first === 'tenants' && rest.length > 0 ? this.#tenants?.placeOf(rest) : undefined
    return joined ?? { source: 0, path }
  }

  #nameOf({ source, path }: Place): string {
    const text = pathText(path)
    if (this.#sources.length === 1) return text
    const { file, document } = this.#sourceAt(source)
    return `${text} in ${file}:${document.positionOf(path).line}`
  }

  #sourceAt(source: number): Source {
    const it = this.#sources[source]
    if (it === undefined) throw new RangeError('a place is in a file that was read')
    return it
  }
}
