import uPlot from 'uplot'
import { brief, formatBytes } from './format-quantity.ts'
import { type DayUsage, total } from './history.ts'
import { dayName } from './instant.ts'
import { byId, setQuantity, setText } from './page.ts'
import { axis, type Palette, Plot, type PlotOptions } from './plot.ts'
import { Rows } from './rows.ts'

/** Steps of the axis of bytes: 1, 2, 5 and so on of each unit. */
const STEPS = Array.from({ length: 6 }, (_, unit) =>
  [1, 2, 5, 10, 20, 50, 100, 200, 500].map(step => step * 1024 ** unit),
).flat()
const LEAST_TOP = 1024 ** 2

/** The tenant's usage on each of the last thirty days, as a chart, a sentence and a table. */
export class HistoryChart {
  #days: readonly DayUsage[] = []
  readonly #plot = new Plot(
    byId('history-plot', HTMLElement),
    palette => this.#optionsOf(palette),
    index => this.#wordsAt(index),
  )
  readonly #rows = new Rows<DayUsage>(byId('history-rows', HTMLElement), ({ day }) => day, [
    { kind: 'name', show: (cell, { day }) => setText(cell, dayName(day)) },
    { kind: 'number', show: (cell, { download }) => setQuantity(cell, download, formatBytes) },
    { kind: 'number', show: (cell, { upload }) => setQuantity(cell, upload, formatBytes) },
    { kind: 'number', show: (cell, day) => setQuantity(cell, total(day), formatBytes) },
  ])

  start(signal: AbortSignal): void {
    this.#plot.start(signal)
  }

  /** @param days consecutive days, the last one today */
  show(days: readonly DayUsage[]): void {
    this.#days = days
    // The bar of the total is drawn first; the download covers its lower part and leaves the upload.
    this.#plot.show([days.map((_, at) => at), days.map(total), days.map(({ download }) => download)])
    this.#rows.show([...days].reverse())
    setText(byId('history-summary', HTMLElement), summaryOf(days))
  }

  #optionsOf(palette: Palette): PlotOptions {
    const paths = uPlot.paths.bars?.({ size: [0.7, 40] })
    const bars = { width: 0, points: { show: false }, ...(paths ? { paths } : {}) }
    return {
      scales: {
        x: { time: false, range: () => [-0.6, this.#days.length - 0.4] },
        y: { range: (_plot, _least, most) => [0, Math.max(LEAST_TOP, most ?? 0) * 1.1] },
      },
      series: [
        { ...bars, fill: palette.upload },
        { ...bars, fill: palette.download },
      ],
      axes: [
        axis(palette, {
          values: (_plot, splits) => splits.map(at => this.#labelAt(at)),
          incrs: [1, 2, 5, 7, 10, 15],
          size: 30,
          space: 56,
          grid: { show: false },
        }),
        axis(palette, {
          values: (_plot, splits) => splits.map(bytes => brief(formatBytes(bytes))),
          incrs: STEPS,
          size: 68,
        }),
      ],
    }
  }

  #labelAt(index: number): string {
    const day = this.#days[index]?.day
    return day === undefined ? '' : dayName(day)
  }

  #wordsAt(index: number): string {
    const day = this.#days[index]
    if (day === undefined) return ''
    return `${dayName(day.day)}: ${formatBytes(day.download)} down, ${formatBytes(day.upload)} up`
  }
}

function summaryOf(days: readonly DayUsage[]): string {
  const today = days.at(-1)
  if (today === undefined) return 'Nothing yet.'
  const all = days.reduce((sum, day) => sum + total(day), 0)
  const most = days.reduce((a, b) => (total(b) > total(a) ? b : a))
  const top = total(most) === 0 ? '' : `; the most on ${dayName(most.day)}, ${formatBytes(total(most))}`
  return `${formatBytes(all)} in ${days.length} days${top}.`
}
