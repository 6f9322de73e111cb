/** Writes `config.schema.json`, which editors check and complete a configuration with. https://json-schema.org/draft-07 */
import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import { configSchema } from './schema.ts'
import { marks } from './schema-parts.ts'

const referenceObject = {
  type: 'object',
  description:
    'A reference to an environment variable: {"value": "env.NAME"}, or {"env_var": "NAME", "from_env": true}.',
  properties: {
    value: { type: 'string' },
    ref: { type: 'string' },
    type: { enum: ['plain_text', 'env'] },
    env_var: { type: 'string' },
    from_env: { type: 'boolean' },
  },
  additionalProperties: false,
}

/** The text of the file. */
export function jsonSchemaText(): string {
  const schema = z.toJSONSchema(configSchema, {
    target: 'draft-7',
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      // Draft 7 is what editors know best. Unknown keys are only warned of when the gateway starts; editors warn as well.
      if (zodSchema instanceof z.ZodObject && zodSchema.def.catchall === undefined)
        jsonSchema.additionalProperties = false
      if (marks.get(zodSchema)?.json) {
        const { description, ...itself } = jsonSchema
        for (const key in jsonSchema) delete jsonSchema[key]
        Object.assign(jsonSchema, { description, anyOf: [itself, { type: 'string' }] })
      }
      if (!(zodSchema instanceof z.ZodString) || !marks.get(zodSchema)?.reference) return
      delete jsonSchema.type
      jsonSchema.anyOf = [{ type: 'string' }, { $ref: '#/definitions/reference' }]
    },
  })
  return `${JSON.stringify({ ...schema, definitions: { reference: referenceObject } }, null, 2)}\n`
}

if (import.meta.main) writeFileSync(new URL('../../config.schema.json', import.meta.url), jsonSchemaText())
