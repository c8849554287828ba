import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'
import * as z from 'zod'

const Resource = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
})
export type Resource = z.infer<typeof Resource>

interface Model {
  validate(): void
}

/**
 * Reads a manifest, and checks each of its resources against Kubernetes's schemas. These allow unknown fields, which the
 * server would drop, so the compiler looks for those.
 * @param modules a folder of packages, with `kubernetes-models`
 * @throws Error with what is wrong
 */
export function checkedManifest(file: string, modules: string): readonly Resource[] {
  const resources = parseAllDocuments(readFileSync(file, 'utf8')).map(it => Resource.parse(it.toJS()))
  const require = createRequire(`${modules}/`)
  for (const resource of resources) {
    const models: Record<string, new (fields: object) => Model> = require(modelOf(resource))
    const Model = models[resource.kind]
    if (!Model) throw new Error(`${file}: unknown kind ${resource.kind}`)
    try {
      new Model(resource).validate()
    } catch (cause) {
      throw new Error(`${file}, ${resource.kind} ${resource.metadata.name}: ${cause}`, { cause })
    }
  }
  compile(resources, modules)
  return resources
}

/** The module of a kind: `kubernetes-models/apps/v1/StatefulSet`. */
function modelOf({ apiVersion, kind }: Resource): string {
  return `kubernetes-models/${apiVersion}/${kind}`
}

/** Compiles the resources as literals of their types, which may have no other fields. */
function compile(resources: readonly Resource[], modules: string): void {
  const lines = resources.map((resource, number) => {
    const name = `I${resource.kind}`
    return `import type { ${name} as T${number} } from '${modelOf(resource)}'
export const it${number}: T${number} = ${JSON.stringify(resource, null, 2)}\n`
  })
  writeFileSync(join(modules, 'manifest.ts'), lines.join(''))
  const compiler = resolve('node_modules/.bin/tsc')
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'preserve']
  try {
    execFileSync(compiler, [...options, 'manifest.ts'], { cwd: modules, encoding: 'utf8' })
  } catch (error) {
    throw new Error(error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error))
  }
}
