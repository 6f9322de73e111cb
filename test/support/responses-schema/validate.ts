/** Holds what a gateway sends against the schema made of OpenAI's published types. Members beyond it are let pass; missing and wrong ones are faults. */
import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Published } from './types.ts'

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, discriminator: true, strictRequired: false })
ajv.addSchema(JSON.parse(readFileSync(new URL('schema.json', import.meta.url), 'utf8')), 'published')
const validators = new Map<string, ValidateFunction>()

/** Each fault says where it is, as a JSON pointer, and what is wrong there. */
export function schemaFaults(kind: keyof Published, value: unknown): string[] {
  const validate = validatorOf(kind)
  if (validate(value)) return []
  return [...new Set((validate.errors ?? []).map(faultOf))]
}

function validatorOf(kind: string): ValidateFunction {
  const known = validators.get(kind)
  if (known !== undefined) return known
  const made = ajv.compile({ $ref: `published#/definitions/Published/properties/${kind}` })
  validators.set(kind, made)
  return made
}

function faultOf({ instancePath, message, keyword, params }: ErrorObject): string {
  const where = instancePath === '' ? 'The whole' : instancePath
  const allowed = keyword === 'enum' ? `: ${JSON.stringify(params['allowedValues'])}` : ''
  const tag = keyword === 'discriminator' ? ` (it is ${JSON.stringify(params['tagValue'])})` : ''
  return `${where} ${message}${allowed}${tag}`
}
