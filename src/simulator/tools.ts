/** Which of the offered tools are called, and with what. https://platform.openai.com/docs/guides/function-calling */
import type { Asked, OfferedTool } from './asked.ts'
import { generateJson } from './generate-json.ts'

export interface DraftCall {
  type: 'function' | 'custom'
  name: string
  /** The arguments of a function as JSON, or the input of a custom tool. */
  text: string
}

/** The calls to make; none where the answer is text. An eager model calls unasked, until it has the results. */
export function callsOf(asked: Asked, eager: boolean): DraftCall[] {
  if (asked.calling === 'never' || (asked.calling === 'may' && !(eager && !asked.answered))) return []
  const called = asked.parallel ? asked.tools : asked.tools.slice(0, 1)
  return called.map((tool) => callOf(tool, asked))
}

const noParameters = { type: 'object', properties: {} }

function callOf({ type, name, schema }: OfferedTool, asked: Asked): DraftCall {
  const text = type === 'custom' ? asked.echo : JSON.stringify(generateJson(schema ?? noParameters))
  return { type, name, text }
}
