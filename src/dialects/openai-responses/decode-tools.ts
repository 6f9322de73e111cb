/** Tools and the choice among them to the canonical form. https://platform.openai.com/docs/guides/tools */
import type { ChosenServerTool, Tool, ToolChoice } from '../../core/chat.ts'
import { type Known, unknownFields, withoutNulls } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { booleanOf, defined, objectOf, objectsOf, tableOf, textOf } from '../../core/wire.ts'
import { cacheControlNames, decodeMarks } from './decode-parts.ts'

/** Types that OpenAI has with a date behind them mean the same as without it. Those of other providers are theirs. */
const dated = /^(web_search|web_search_preview|computer_use_preview|code_interpreter)_20\d\d_\d\d_\d\d$/

/** What a tool's type is called here. */
export function serverToolType(type: string): string {
  return dated.exec(type)?.[1] ?? type
}

export function decodeTools(wire: Json | undefined): Tool[] | undefined {
  return Array.isArray(wire) ? objectsOf(wire).map(decodeTool) : undefined
}

const functionNames = {
  type: true,
  name: true,
  description: true,
  parameters: true,
  strict: true,
  cache_control: cacheControlNames,
} as const satisfies Known

const customNames = {
  type: true,
  name: true,
  description: true,
  format: true,
  cache_control: cacheControlNames,
} as const satisfies Known

function decodeTool(wire: JsonObject): Tool {
  const base = { name: textOf(wire['name']) ?? '', description: textOf(wire['description']) }
  switch (wire['type']) {
    case 'function':
      return defined({
        kind: 'function' as const,
        ...base,
        parameters: objectOf(wire['parameters']),
        strict: booleanOf(wire['strict']),
        ...decodeMarks(wire, functionNames),
      })
    case 'custom':
      return defined({
        kind: 'custom' as const,
        ...base,
        format: decodeFormat(objectOf(wire['format'])),
        ...decodeMarks(wire, customNames),
      })
    default:
      return { kind: 'server', ...serverTool(wire) }
  }
}

/** The grammar stands in an object of its own in the canonical form, as in chat completions. */
function decodeFormat(format: JsonObject | undefined): JsonObject | undefined {
  if (format === undefined || format['type'] !== 'grammar' || format['grammar'] !== undefined) return format
  const { type, definition, syntax, ...rest } = format
  return { type, grammar: defined({ definition, syntax }), ...rest }
}

function serverTool(wire: JsonObject): ChosenServerTool {
  const type = serverToolType(textOf(wire['type']) ?? '')
  return { type, value: { ...withoutNulls(wire), type } }
}

/** `any` is what some providers call `required`. */
const modes = tableOf<'none' | 'auto' | 'required'>({
  none: 'none',
  auto: 'auto',
  required: 'required',
  any: 'required',
})

export function decodeToolChoice(wire: Json | undefined): ToolChoice | undefined {
  const choice = objectOf(wire)
  const word = textOf(wire) ?? textOf(choice?.['type']) ?? ''
  const mode = modes[word]
  if (mode !== undefined) return { mode }
  if (choice === undefined) return undefined
  if (isOfClient(choice)) return { mode: 'tool', ...namedTool(choice) }
  return word === 'allowed_tools' ? decodeAllowed(choice) : { mode: 'server', ...serverTool(choice) }
}

function decodeAllowed(choice: JsonObject): ToolChoice {
  const tools = objectsOf(choice['tools'])
  return defined({
    mode: 'allowed' as const,
    among: choice['mode'] === 'required' ? ('required' as const) : ('auto' as const),
    tools: tools.filter(isOfClient).map(namedTool),
    servers: tools.filter((tool) => !isOfClient(tool)).map(serverTool),
    extra: unknownFields(choice, { type: true, mode: true, tools: true }),
  })
}

/** A function or a custom tool, which the client runs. */
function isOfClient({ type }: JsonObject): boolean {
  return type === 'function' || type === 'custom'
}

function namedTool(wire: JsonObject) {
  return defined({
    kind: wire['type'] === 'custom' ? ('custom' as const) : ('function' as const),
    name: textOf(wire['name']) ?? '',
    extra: unknownFields(wire, { type: true, name: true }),
  })
}
