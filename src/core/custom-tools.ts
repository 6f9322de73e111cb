/**
 * Tools that take free text, for providers whose tools take JSON alone: such a tool becomes a function with one parameter, and what the model
 * writes for that parameter is the text. https://platform.openai.com/docs/guides/function-calling#custom-tools
 */
import type { Tool } from './chat.ts'
import { isJsonObject, type Json, type JsonObject } from './json.ts'
import { parseJson } from './parse-json.ts'
import { objectOf, textOf } from './wire.ts'

type CustomTool = Tool & { kind: 'custom' }

/** The one parameter. */
const parameter = 'input'

/** The schema of the function a custom tool becomes. */
export const customToolSchema: JsonObject = {
  type: 'object',
  properties: { [parameter]: { type: 'string' } },
  required: [parameter],
}

/** Does a custom tool ask for more than any text? What it asks for holds nobody here. */
export function hasGrammar({ format }: CustomTool): boolean {
  return format !== undefined && format['type'] !== 'text'
}

/** The grammar of its text, which the model can only be told, behind what the tool is for. */
export function toldGrammar({ description, format }: CustomTool): string | undefined {
  const grammar = objectOf(format?.['grammar']) ?? format
  const definition = textOf(grammar?.['definition'])
  if (definition === undefined) return description
  const words = `The input follows this grammar (${textOf(grammar?.['syntax']) ?? 'lark'}):\n${definition}`
  return description ? `${description}\n\n${words}` : words
}

/** The arguments that stand for a text. */
export function argumentsOfText(text: string): JsonObject {
  return { [parameter]: text }
}

/** The text that arguments stand for; a model that did not keep to the schema is taken at its word. */
export function textOfArguments(given: Json | undefined): string {
  const text = isJsonObject(given) ? given[parameter] : undefined
  return typeof text === 'string' ? text : given === undefined ? '' : JSON.stringify(given)
}

/** The names of the custom tools of a request. */
export function customToolNames(tools: readonly Tool[] | undefined): ReadonlySet<string> {
  return new Set(tools?.flatMap((tool) => (tool.kind === 'custom' ? [tool.name] : [])))
}

const opening = new RegExp(`^\\s*\\{\\s*"${parameter}"\\s*:\\s*"`)

/** Up to here the parameter has to begin; a model that writes something else is not waited for. */
const longestOpening = 100

/** Takes the text out of arguments that come in pieces. */
export class CustomToolText {
  #held = ''
  #state: 'before' | 'inside' | 'behind' | 'other' = 'before'

  /** What of the text is certain by now. */
  push(piece: string): string {
    this.#held += piece
    if (this.#state === 'before') this.#open()
    if (this.#state === 'inside') return this.#inside()
    return this.#state === 'other' ? this.#rest() : ''
  }

  /** What is left when nothing more comes. */
  end(): string {
    if (this.#state === 'behind') return ''
    return this.#state === 'before' ? wholeText(this.#rest()) : this.#rest()
  }

  #open(): void {
    const found = opening.exec(this.#held)
    if (found !== null) {
      this.#held = this.#held.slice(found[0].length)
      this.#state = 'inside'
    } else if (this.#held.trimStart().length > longestOpening) this.#state = 'other'
  }

  #inside(): string {
    const end = closingQuote(this.#held)
    const certain = end ?? certainLength(this.#held)
    const text = this.#held.slice(0, certain)
    this.#held = this.#held.slice(certain)
    if (end !== undefined) this.#state = 'behind'
    return unescaped(text)
  }

  #rest(): string {
    const rest = this.#held
    this.#held = ''
    return rest
  }
}

/** Where the string ends; undefined: not yet. */
function closingQuote(text: string): number | undefined {
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charAt(at - 1 - slashes) === '\\') slashes++
    if (slashes % 2 === 0) return at
  }
  return undefined
}

/** Everything but an escape that may go on: `\`, `\u12`. */
function certainLength(text: string): number {
  const open = /(?:^|[^\\])(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)$/.exec(text)
  return text.length - (open?.[1]?.length ?? 0)
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}

function wholeText(given: string): string {
  if (given.trim() === '') return ''
  try {
    return textOfArguments(parseJson(given))
  } catch {
    return given
  }
}
