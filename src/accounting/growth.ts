import type { Growth } from './columns/columns.ts'
import type { Entry } from './entry.ts'
import { sessionOf } from './session.ts'

type Interim = Extract<Entry, { kind: 'interim' }>

/**
 * One of its sessions as an entry. Not to be asked for once it was adopted.
 * @param place of the session in the growth
 * @param steadyMs of the reading
 */
export function entryOfGrowth(growth: Growth, place: number, steadyMs: number): Interim {
  const { columns, numbers, from, to } = growth
  const number = numbers[place] ?? -1
  const details = columns.details[number]
  if (!details) throw new RangeError(`no session has number ${number}`)
  const delta = { upload: growth.upload[place] ?? 0, download: growth.download[place] ?? 0 }
  const upload = (columns.upload[number] ?? 0) + delta.upload
  const download = (columns.download[number] ?? 0) + delta.download
  const session = sessionOf(details, { upload, download }, steadyMs)
  return { kind: 'interim', session, counted: [{ delta, from, to }] }
}
