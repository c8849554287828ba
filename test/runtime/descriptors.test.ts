import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  connectionsLeft,
  descriptorAdvice,
  descriptorLimit,
  isOutOfDescriptors,
} from '../../src/runtime/descriptors.ts'

function limitsFile(line: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'tikmeter-limits-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'limits')
  writeFileSync(file, `Limit                     Soft Limit           Hard Limit           Units\n${line}\n`)
  return file
}

test.each([
  ['Max open files            1000                 524288               files', 1000],
  ['Max open files            unlimited            unlimited            files', 1_000_000],
  ['Max processes             127235               127235               processes', 1024],
])('of the limits %s the soft one counts', (line, limit) => {
  expect(descriptorLimit(limitsFile(line))).toBe(limit)
})

test('a system that reports no limits has the usual one', () => {
  expect(descriptorLimit('/nowhere/limits')).toBe(1024)
})

test('only the system’s own codes mean that no descriptor is left', () => {
  const coded = (code: string) => Object.assign(new Error(code), { code })
  expect(['EMFILE', 'ENFILE', 'ENOSPC', 'ENOENT'].map(it => isOutOfDescriptors(coded(it)))).toEqual([
    true,
    true,
    false,
    false,
  ])
  expect(isOutOfDescriptors('EMFILE')).toBe(false)
})

test('the advice is about the process or the machine, whichever has none left', () => {
  const adviceOn = (code: string) => descriptorAdvice(Object.assign(new Error(code), { code }))
  expect(adviceOn('EMFILE')).toMatch(/this process .*LimitNOFILE=.*ulimit -n/)
  expect(adviceOn('ENFILE')).toMatch(/this machine .* fs\.file-max/)
})

test('clients get what routers and the daemon do not need, and a minimum in any case', () => {
  const limits = [
    [1_000, 0],
    [1_000, 100],
    [1_024, 3_000],
  ] as const
  expect(limits.map(([limit, routers]) => connectionsLeft(limit, routers))).toEqual([840, 640, 32])
})
