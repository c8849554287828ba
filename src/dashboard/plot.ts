import uPlot from 'uplot'
import { made, setText } from './page.ts'

/** The page's colours in the current colour scheme. */
export interface Palette {
  readonly download: string
  readonly downloadFill: string
  readonly upload: string
  readonly uploadFill: string
  readonly text: string
  readonly grid: string
}

/** The options of a chart, without its size. */
export interface PlotOptions {
  readonly scales: uPlot.Scales
  readonly series: readonly uPlot.Series[]
  readonly axes: readonly uPlot.Axis[]
}

const HEIGHT = 220
const FONT = '12px system-ui, sans-serif'

/** A chart as wide as its element, redrawn when the colour scheme changes. Its numbers are also beside it as text. */
export class Plot {
  readonly #place: HTMLElement
  readonly #readout: HTMLElement
  readonly #optionsOf: (palette: Palette) => PlotOptions
  readonly #wordsAt: (index: number) => string
  #plot: uPlot | undefined
  #lines: uPlot.AlignedData = [[]]

  /**
   * @param place an element for the chart alone
   * @param wordsAt text about the point at the mouse
   */
  constructor(
    place: HTMLElement,
    optionsOf: (palette: Palette) => PlotOptions,
    wordsAt: (index: number) => string,
  ) {
    this.#place = place
    this.#readout = made('p', 'readout')
    this.#optionsOf = optionsOf
    this.#wordsAt = wordsAt
  }

  /** Draws the chart until the signal aborts. */
  start(signal: AbortSignal): void {
    const size = new ResizeObserver(() => this.#resize())
    size.observe(this.#place)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#make(), { signal })
    signal.addEventListener('abort', () => {
      size.disconnect()
      this.#plot?.destroy()
      this.#place.replaceChildren()
    })
    this.#make()
  }

  show(lines: uPlot.AlignedData): void {
    this.#lines = lines
    this.#plot?.setData(lines)
    this.#read()
  }

  #make(): void {
    this.#plot?.destroy()
    const { scales, series, axes } = this.#optionsOf(palette(this.#place))
    this.#plot = new uPlot(
      {
        width: this.#place.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false } },
        padding: [12, 12, 0, 0],
        scales,
        series: [{}, ...series],
        axes: [...axes],
        hooks: { setCursor: [() => this.#read()] },
      },
      this.#lines,
      this.#place,
    )
    this.#place.append(this.#readout)
  }

  #resize(): void {
    const width = this.#place.clientWidth
    if (width > 0 && width !== this.#plot?.width) this.#plot?.setSize({ width, height: HEIGHT })
  }

  #read(): void {
    const index = this.#plot?.cursor.idx
    setText(this.#readout, index === undefined || index === null ? '' : this.#wordsAt(index))
  }
}

/** An axis in the style of the page. */
export function axis({ text, grid }: Palette, more: uPlot.Axis): uPlot.Axis {
  return {
    stroke: text,
    font: FONT,
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
    ...more,
  }
}

function palette(element: HTMLElement): Palette {
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  return {
    download: colour('download'),
    downloadFill: colour('download-fill'),
    upload: colour('upload'),
    uploadFill: colour('upload-fill'),
    text: colour('muted'),
    grid: colour('line'),
  }
}
