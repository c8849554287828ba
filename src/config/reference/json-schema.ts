import * as z from 'zod'
import { configSchema } from '../blocks/config-schema.ts'
import { DESCRIPTIONS } from './descriptions.ts'

export type Json = { [key: string]: unknown }

/** A JSON Schema of the config, and of the files that it includes, for editors: `tikmeter check` knows more. */
export function jsonSchemas(): { readonly config: Json; readonly included: Json } {
  const schema = z.toJSONSchema(configSchema({}), {
    ...({ io: 'input', target: 'draft-7', unrepresentable: 'any' } as const),
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod
      if (def.type === 'default' && 'defaultValue' in def)
        Object.assign(jsonSchema, { default: def.defaultValue })
      const { alternatives, ...others } = jsonSchema
      if (!Array.isArray(alternatives)) return
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
      Object.assign(jsonSchema, { anyOf: [...alternatives, others] })
    },
  })
  describe(schema, '')
  const { $schema } = schema
  const config = {
    $schema,
    title: 'tikmeter’s config',
    ...without(schema, '$schema', 'required'),
    required: ['auth'],
  }
  const included = {
    ...{ $schema, title: 'A file that tikmeter’s config includes', type: 'object' },
    properties: { tenants: { $ref: 'tikmeter.schema.json#/properties/tenants' } },
    additionalProperties: false,
  }
  return { config, included }
}

/** Adds a description to each key. @param path of the block: `tenants.routers`; `` for the file */
function describe(schema: Json, path: string): void {
  for (const inner of [schema['items'], ...listOf(schema['oneOf']), ...listOf(schema['anyOf'])])
    if (isJson(inner)) describe(inner, path)
  // A tenant may be in several files, each with some of its keys.
  if (path === 'tenants' && isJson(schema['properties'])) schema['required'] = ['id']
  for (const [key, value] of Object.entries(isJson(schema['properties']) ? schema['properties'] : {})) {
    if (!isJson(value)) continue
    const inner = path === '' ? key : `${path}.${key}`
    const description = DESCRIPTIONS.get(inner) ?? DESCRIPTIONS.get(`*.${key}`)
    if (description !== undefined) value['description'] = description
    describe(value, inner)
  }
}

function without(json: Json, ...keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(json).filter(([key]) => !keys.includes(key)))
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
