import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as z from 'zod'

const NAMES = z.record(z.string(), z.string()).default({})
const LOCK = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      dev: z.boolean().default(false),
      engines: z.object({ node: z.string().optional() }).optional(),
      dependencies: NAMES,
    }),
  ),
})

const { packages } = LOCK.parse(JSON.parse(readFileSync('npm-shrinkwrap.json', 'utf8')))
const { '': own, ...locked } = packages
const direct = own?.dependencies ?? {}

it('is the only one, because npm would ignore another', () => {
  expect(existsSync('package-lock.json')).toBe(false)
})

it('has the SHA-512 of each package, and names no registry', () => {
  expect(Object.keys(locked).length).toBeGreaterThan(200)
  const wrong = Object.entries(locked).filter(
    ([, { integrity = '', resolved }]) =>
      resolved !== undefined || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity),
  )
  expect(wrong).toEqual([])
})

it('has no package that needs a later Node than we do', () => {
  expect(own?.engines?.node).toBe('>=20.19')
  const later = Object.entries(locked).filter(
    ([, { dev, engines }]) => !dev && /^\D*(?:20\.[2-9]\d|2[1-9]|[3-9]\d)/.test(engines?.node ?? ''),
  )
  expect(later.map(([path]) => path)).toEqual([])
})

it('has one version of each dependency of node-routeros, which we pin directly', () => {
  const open = Object.keys(locked['node_modules/node-routeros']?.dependencies ?? {})
  expect(open).toEqual(['debug', 'iconv-lite'])
  for (const name of open) {
    const versions = Object.entries(locked).filter(([path]) => path.endsWith(`node_modules/${name}`))
    expect(versions.map(([, { version }]) => version)).toEqual([direct[name]])
  }
})
