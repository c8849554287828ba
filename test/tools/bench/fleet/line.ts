export interface Point {
  readonly x: number
  readonly y: number
}

export interface Line {
  /** y per x. */
  readonly slope: number
  /** Growth of y over the range of x, according to the line. */
  readonly growth: number
  /** The mean of y. */
  readonly middle: number
  /** Standard deviation of the points from the line. */
  readonly scatter: number
}

/** The least-squares line. */
export function fitLine(points: readonly Point[]): Line {
  const mean = (of: (point: Point) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const x = mean(it => it.x)
  const y = mean(it => it.y)
  const spread = mean(it => (it.x - x) ** 2)
  const slope = spread === 0 ? 0 : mean(it => (it.x - x) * (it.y - y)) / spread
  const xs = points.map(it => it.x)
  return {
    slope,
    growth: slope * (Math.max(...xs) - Math.min(...xs)),
    middle: y,
    scatter: Math.sqrt(mean(it => (it.y - y - slope * (it.x - x)) ** 2)),
  }
}
