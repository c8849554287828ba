import type { Sight } from './sight.ts'

/** A row at one instant. All values are raw; a property without a value is `undefined`. */
export interface Row {
  readonly keys: readonly string[]
  value(key: string): string | undefined
  /** What a client learns that gets these properties. */
  sights(sent: ReadonlySet<string>): readonly Sight[]
  /** Whether the row is left out of the reply. */
  readonly isHidden: boolean
}

/** A menu that can be printed. Its rows are made one by one, each at the instant when it is requested. */
export interface Menu {
  /** Parameters of `print` besides `.proplist` and `count-only`. */
  readonly parameters: readonly string[]
  rows(): Iterable<Row>
}

export type Columns<Item> = Readonly<Record<string, (item: Item) => string | undefined>>

interface MenuOf<Item> {
  readonly parameters?: readonly string[]
  readonly items: () => Iterable<Item>
  readonly columns: Columns<Item>
  readonly sight?: (item: Item, sent: ReadonlySet<string>) => Sight | undefined
}

export function menuOf<Item>(of: MenuOf<Item>): Menu {
  const keys = Object.keys(of.columns)
  return {
    parameters: of.parameters ?? [],
    *rows() {
      for (const item of of.items())
        yield {
          keys,
          value: key => of.columns[key]?.(item),
          sights: sent => [of.sight?.(item, sent) ?? []].flat(),
          isHidden: false,
        }
    },
  }
}
