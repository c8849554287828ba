import { Departures } from '../../../src/routeros/menus/departures.ts'
import { type ParsedRowSink, RowMemory } from '../../../src/routeros/rows/row-memory.ts'
import type { PrintedMenu } from '../../../src/routeros/wire/connection.ts'
import { parseSentence, type Row } from '../../../src/routeros/wire/sentence.ts'
import { encodeSentence } from '../../../src/routeros/wire/words.ts'
import { HOTSPOT } from '../../../src/services/hotspot/hotspot.ts'
import { HotspotMenu } from '../../../src/services/hotspot/hotspot-menu.ts'
import type { HandClock } from '../../runtime/hand-clock.ts'

/** A hotspot's menu without a wire. It prints the given rows and reports logouts. */
export function scriptedHotspot(rowsOf: () => readonly (readonly string[])[], clock: HandClock) {
  const rows = new RowMemory(['uptime', 'bytes-in', 'bytes-out'], 1e9)
  let report: (row: Row) => void = () => {}
  const connection = {
    menu: () => ({ command: '', words: [], tag: '1', rows }),
    async print(_: PrintedMenu, sink?: ParsedRowSink) {
      rows.begin(sink)
      for (const properties of rowsOf()) {
        const words = ['!re', ...properties].map(word => Buffer.from(word))
        if (rows.take(encodeSentence(words), 0) < 0) rows.add(words, parseSentence(words).row)
      }
      rows.end()
      return { askedMs: clock.steadyMs(), answeredMs: clock.steadyMs() }
    },
    listen: (_: string, onRow: (row: Row) => void) => {
      report = onRow
    },
  }
  const menu = new HotspotMenu(connection, 'part')
  const departures = new Departures(connection, { menu: HOTSPOT.menus[0], rules: HOTSPOT.rules }, menu, clock)
  departures.start()
  let made = 0
  return {
    /** Number of recognised rows that were built so far. */
    made: () => made,
    read: async () => {
      const answer = await menu.read()
      const { known } = answer
      const row = (place: number) => {
        made++
        return known.row(place)
      }
      const settling = departures.settle({ ...answer, known: { ...known, row } })
      for (let steps = 0; ; steps++) {
        const step = settling.next()
        if (step.done) return { answer, departures: step.value, steps }
      }
    },
    leave: (id: string) =>
      report(
        new Map([
          ['.id', id],
          ['.dead', 'true'],
        ]),
      ),
  }
}
