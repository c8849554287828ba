import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { jsonSchemas } from '../../../src/config/reference/json-schema.ts'

const { config, included } = jsonSchemas()
const ajv = new Ajv({ strict: false, allErrors: true })
ajv.addSchema(config, 'tikmeter.schema.json')
const ofConfig = ajv.compile(config)
const ofIncluded = ajv.compile(included)

/** Whether the JSON Schema accepts a config. */
export function isAccepted(text: string): boolean {
  return ofConfig(parse(text, { maxAliasCount: -1 }))
}

/** Why it does not. */
export function rejections(text: string): readonly string[] {
  ofConfig(parse(text, { maxAliasCount: -1 }))
  return (ofConfig.errors ?? []).map(it => `${it.instancePath} ${it.message}`)
}

export function isAcceptedIncluded(text: string): boolean {
  return ofIncluded(parse(text))
}
