import { parentPort, workerData } from 'node:worker_threads'
import type { LoadAnswer, LoadOrder } from './load-apart.ts'
import { loadWarned } from './load-warned.ts'
import { sealedIn } from './sealed.ts'

// The thread that `load-apart.ts` starts: it loads one config and ends.
const { file, env }: LoadOrder = workerData
const loaded = loadWarned(file, env)
const answer: LoadAnswer = { loaded, secrets: sealedIn(loaded) }
parentPort?.postMessage(answer)
