/** A place in one of the files of a config. */
export interface Place {
  /** The file's number, in the order of reading. */
  readonly source: number
  readonly path: readonly PropertyKey[]
}

/** A fault of a place. Its message may name other places of the same kind. */
export interface PlacedFinding extends Place {
  readonly message: (nameOf: (place: Place) => string) => string
}

type Block = Readonly<Record<string, unknown>>

/** Keys of a tenant whose lists are joined. Other keys are the same in all files that have them. */
const JOINED = new Set(['routers', 'quotas', 'alerts', 'webhooks', 'mails'])

/** The tenants of several files. A tenant may be in several of them; twice in one file, it is a fault. */
export class JoinedTenants {
  readonly findings: PlacedFinding[] = []
  readonly #all: (JoinedTenant | { readonly value: unknown; readonly place: Place })[] = []
  readonly #byId = new Map<string, JoinedTenant>()

  /** Adds the tenants of one file, after those of the files before it. */
  add(source: number, tenants: readonly unknown[]): void {
    const here = new Set<string>()
    for (const [index, value] of tenants.entries()) {
      const place = { source, path: ['tenants', index] }
      if (!isBlock(value)) {
        this.#all.push({ value, place })
        continue
      }
      const { id } = value
      const known = typeof id === 'string' && !here.has(id) ? this.#byId.get(id) : undefined
      const tenant = known ?? new JoinedTenant(place)
      for (const finding of tenant.join(value, place)) this.findings.push(finding)
      if (known === undefined) this.#all.push(tenant)
      if (typeof id !== 'string') continue
      here.add(id)
      if (!this.#byId.has(id)) this.#byId.set(id, tenant)
    }
  }

  get values(): readonly unknown[] {
    return this.#all.map(({ value }) => value)
  }

  /** @param path within the joined tenants: `[2, 'routers', 7, 'host']` */
  placeOf([index, ...rest]: readonly PropertyKey[]): Place | undefined {
    const tenant = typeof index === 'number' ? this.#all[index] : undefined
    if (tenant instanceof JoinedTenant) return tenant.placeOf(rest)
    return tenant && { ...tenant.place, path: [...tenant.place.path, ...rest] }
  }
}

class JoinedTenant {
  readonly place: Place
  readonly #values = new Map<string, unknown>()
  readonly #places = new Map<string, Place>()
  readonly #lists = new Map<string, { readonly values: unknown[]; readonly places: Place[] }>()

  constructor(place: Place) {
    this.place = place
  }

  get value(): Block {
    return Object.fromEntries(this.#values)
  }

  /** @returns the keys that differ from those of an earlier file */
  join(block: Block, { source, path }: Place): readonly PlacedFinding[] {
    const findings: PlacedFinding[] = []
    for (const [key, value] of Object.entries(block)) {
      const place = { source, path: [...path, key] }
      const first = this.#places.get(key)
      const list = JOINED.has(key) && Array.isArray(value) ? this.#listOf(key) : undefined
      if (list && Array.isArray(value)) {
        for (const [index, item] of value.entries()) {
          list.values.push(item)
          list.places.push({ source, path: [...place.path, index] })
        }
      } else if (first === undefined) this.#values.set(key, value)
      else if (!isSame(this.#values.get(key), value))
        findings.push({
          ...place,
          message: nameOf => `differs from ${nameOf(first)}: remove one of them, or make them the same`,
        })
      if (first === undefined) this.#places.set(key, place)
    }
    return findings
  }

  /** @returns `undefined` if an earlier file has something else than a list there */
  #listOf(key: string) {
    const known = this.#lists.get(key)
    if (known || this.#places.has(key)) return known
    const list = { values: [], places: [] }
    this.#values.set(key, list.values)
    this.#lists.set(key, list)
    return list
  }

  placeOf([key, ...rest]: readonly PropertyKey[]): Place {
    if (key === undefined) return this.place
    const [index, ...within] = rest
    const item = typeof index === 'number' ? this.#lists.get(String(key))?.places[index] : undefined
    if (item) return { ...item, path: [...item.path, ...within] }
    const { source, path } = this.#places.get(String(key)) ?? {
      ...this.place,
      path: [...this.place.path, key],
    }
    return { source, path: [...path, ...rest] }
  }
}

function isBlock(value: unknown): value is Block {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Compares plain values of YAML. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
