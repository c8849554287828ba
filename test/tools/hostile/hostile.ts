import { setMaxListeners } from 'node:events'
import { setPriority } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Act } from './act.ts'
import { KINDS } from './kinds.ts'
import { brokenBounds, type Outcome } from './outcome.ts'
import { Stage } from './stage.ts'
import { tableOf } from './table.ts'

/**
 * One router in a stranger's hands beside twenty honest ones, read by a real daemon: whatever the one does, the others
 * are read, committed and shown as if it were not there.
 */

/** Priority of all processes here, if permitted, so that other work on the machine matters less. */
const PRIORITY = -5

const HELP = `npm run hostile -- [options]

  --kind NAME    only this kind; may be repeated
  --seconds N    duration of each kind (120)
  --daemon PATH  the dist/cli.js of another build, to compare with
  --help         print this

${Array.from(KINDS, ([name, { about }]) => `  ${name.padEnd(16)} ${about}`).join('\n')}`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kind: { type: 'string', multiple: true, default: [...KINDS.keys()] },
      seconds: { type: 'string', default: '120' },
      daemon: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const seconds = Number(values.seconds)
  const unknown = values.kind.find(it => !KINDS.has(it))
  if (unknown !== undefined || !(seconds > 0)) {
    console.error(
      unknown === undefined ? 'error: --seconds takes a number above 0' : `error: no kind ${unknown}`,
    )
    return 2
  }
  try {
    setPriority(PRIORITY)
  } catch {
    // Only root may.
  }
  const stopping = new AbortController()
  const { signal } = stopping
  setMaxListeners(0, signal)
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort())
  const stage = await Stage.create()
  const outcomes: Outcome[] = []
  let isGood = false
  try {
    await stage.start(values.daemon === undefined ? undefined : resolve(values.daemon))
    for (const kind of values.kind) {
      console.log(`${kind}: ${KINDS.get(kind)?.about}, for ${seconds} s`)
      outcomes.push(await new Act(kind, stage).run(seconds, signal))
    }
    isGood = outcomes.flatMap(brokenBounds).length === 0
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    // Also prints the kinds that were tried before an interruption.
    console.log(`\n${tableOf(outcomes)}`)
    for (const words of outcomes.flatMap(brokenBounds)) console.log(`BROKEN: ${words}`)
    await stage.stop()
    if (isGood || signal.aborted) await stage.removeFolder()
    else console.log(`\nlogs, configs and journals: ${stage.folder}`)
  }
  return isGood ? 0 : 1
}

process.exitCode = await main()
