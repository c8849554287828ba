import { brief, formatRate } from './format-quantity.ts'
import type { LocalTime } from './instant.ts'
import { byId, setQuantity, setText } from './page.ts'
import { axis, type Palette, Plot, type PlotOptions } from './plot.ts'
import { type RateSample, type RateWindow, WINDOW_MS } from './rate-window.ts'
import { Rows } from './rows.ts'

/** The tenant's rates over the last ten minutes, as a chart, a sentence and a table. */
export class RateChart {
  #time: LocalTime
  #lines: readonly [readonly number[], readonly (number | null)[], readonly (number | null)[]] = [[], [], []]
  readonly #plot: Plot
  readonly #rows = new Rows<RateSample>(byId('rate-rows', HTMLElement), ({ atMs }) => String(atMs), [
    { kind: 'name', show: (cell, { atMs }) => setText(cell, this.#time.minute(atMs)) },
    { kind: 'number', show: (cell, { download }) => setQuantity(cell, Math.round(download), formatRate) },
    { kind: 'number', show: (cell, { upload }) => setQuantity(cell, Math.round(upload), formatRate) },
  ])

  constructor(time: LocalTime) {
    this.#time = time
    this.#plot = new Plot(
      byId('rate-plot', HTMLElement),
      palette => this.#optionsOf(palette),
      index => this.#wordsAt(index),
    )
  }

  start(signal: AbortSignal): void {
    this.#plot.start(signal)
  }

  show(window: RateWindow, intervalMs: number, time: LocalTime): void {
    this.#time = time
    const lines = window.lines(intervalMs)
    this.#lines = lines
    this.#plot.show(lines)
    this.#rows.show(window.minutes())
    setText(byId('rate-summary', HTMLElement), summaryOf(window.samples))
  }

  #optionsOf(palette: Palette): PlotOptions {
    const line = { width: 2, points: { show: false }, spanGaps: false }
    return {
      scales: {
        x: {
          time: true,
          range: (_plot, _from, to) => [(to ?? 0) - WINDOW_MS / 1000, to ?? 0],
        },
        y: { range: (_plot, _least, most) => [0, Math.max(1000, most ?? 0) * 1.1] },
      },
      series: [
        { ...line, stroke: palette.download, fill: palette.downloadFill },
        // Dashed, so that it differs by more than its colour.
        { ...line, stroke: palette.upload, dash: [6, 4] },
      ],
      axes: [
        axis(palette, {
          values: (_plot, splits) => splits.map(second => this.#time.minute(second * 1000)),
          incrs: [60, 120, 300],
          size: 30,
          space: 56,
        }),
        axis(palette, {
          values: (_plot, splits) => splits.map(bps => brief(formatRate(bps))),
          size: 76,
        }),
      ],
    }
  }

  #wordsAt(index: number): string {
    const [seconds, downs, ups] = this.#lines
    const [second, down, up] = [seconds[index], downs[index], ups[index]]
    if (second === undefined || typeof down !== 'number' || typeof up !== 'number') return ''
    return `${this.#time.second(second * 1000)}: ${formatRate(down)} down, ${formatRate(up)} up`
  }
}

function summaryOf(samples: readonly RateSample[]): string {
  const last = samples.at(-1)
  if (last === undefined) return 'Nothing yet.'
  const most = samples.reduce((a, b) => (b.download > a.download ? b : a))
  return `Now ${formatRate(last.download)} down and ${formatRate(last.upload)} up; the peak was ${formatRate(most.download)} down.`
}
