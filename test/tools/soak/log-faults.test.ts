import { expect, test } from 'vitest'
import { faultsIn } from './log-faults.ts'

const RELOADED = '{"level":30,"tenants":8,"msg":"config reloaded"}'
const WARNED = '(node:1) MaxListenersExceededWarning: Possible EventTarget memory leak detected.'

test('an emitter that accumulates listeners is a fault', () => {
  expect(faultsIn(`${RELOADED}\n`)).toEqual([])
  expect(faultsIn(`${RELOADED}\n${WARNED}\n`)).toEqual([WARNED])
})

test('a soak without a reload has not tested reloads', () => {
  expect(faultsIn('')).toEqual(['no config was reloaded'])
})
