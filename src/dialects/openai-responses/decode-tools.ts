/** Tools and the choice among them to the canonical form. https://platform.openai.com/docs/guides/tools */
import type { ChosenServerTool, Tool, ToolChoice } from '../../core/chat.ts'
import { type Known, unknownFields, withoutNulls } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { booleanOf, defined, objectOf, objectsOf, tableOf, textOf } from '../../core/wire.ts'
import { cacheControlNames, decodeMarks } from './decode-parts.ts'
import { isNamespace, noNamespaces, type ToolNamespaces } from './tool-namespaces.ts'

/** Types that OpenAI has with a date behind them mean the same as without it. Those of other providers are theirs. */
const dated = /^(web_search|web_search_preview|computer_use_preview|code_interpreter)_20\d\d_\d\d_\d\d$/

/** What a tool's type is called here. */
export function serverToolType(type: string): string {
  return dated.exec(type)?.[1] ?? type
}

export function decodeTools(wire: Json | undefined, namespaces = noNamespaces): Tool[] | undefined {
  if (!Array.isArray(wire)) return undefined
  return objectsOf(wire).flatMap((tool) => (isNamespace(tool) ? decodeNamespace(tool, namespaces) : [decodeTool(tool)]))
}

const namespaceNames = { type: true, name: true, description: true, tools: true } as const satisfies Known

/** Its description goes with each of its tools, and what else it has with the first. */
function decodeNamespace(wire: JsonObject, namespaces: ToolNamespaces): Tool[] {
  const namespace = textOf(wire['name']) ?? ''
  const extra = unknownFields(wire, namespaceNames)
  return objectsOf(wire['tools']).map((inner, index) => {
    const tool = decodeTool(inner)
    if (tool.kind === 'server') return tool
    const descriptions = [textOf(wire['description']), tool.description].filter(
      (text) => text !== undefined && text !== '',
    )
    return defined({
      ...tool,
      name: namespaces.join({ name: tool.name, namespace }),
      description: descriptions.length === 0 ? undefined : descriptions.join('\n\n'),
      extra: index === 0 && extra !== undefined ? { ...extra, ...tool.extra } : tool.extra,
    })
  })
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

export function decodeToolChoice(wire: Json | undefined, namespaces = noNamespaces): ToolChoice | undefined {
  const choice = objectOf(wire)
  const word = textOf(wire) ?? textOf(choice?.['type']) ?? ''
  const mode = modes[word]
  if (mode !== undefined) return { mode }
  if (choice === undefined) return undefined
  if (isOfClient(choice)) return { mode: 'tool', ...namedTool(choice, namespaces) }
  return word === 'allowed_tools' ? decodeAllowed(choice, namespaces) : { mode: 'server', ...serverTool(choice) }
}

function decodeAllowed(choice: JsonObject, namespaces: ToolNamespaces): ToolChoice {
  const tools = objectsOf(choice['tools'])
  return defined({
    mode: 'allowed' as const,
    among: choice['mode'] === 'required' ? ('required' as const) : ('auto' as const),
    tools: tools.filter(isOfClient).map((tool) => namedTool(tool, namespaces)),
    servers: tools.filter((tool) => !isOfClient(tool)).map(serverTool),
    extra: unknownFields(choice, { type: true, mode: true, tools: true }),
  })
}

/** A function or a custom tool, which the client runs. */
function isOfClient({ type }: JsonObject): boolean {
  return type === 'function' || type === 'custom'
}

function namedTool(wire: JsonObject, namespaces: ToolNamespaces) {
  const name = textOf(wire['name']) ?? ''
  const namespace = textOf(wire['namespace'])
  return defined({
    kind: wire['type'] === 'custom' ? ('custom' as const) : ('function' as const),
    name: namespace === undefined ? namespaces.find(name) : namespaces.join({ name, namespace }),
    extra: unknownFields(wire, { type: true, name: true, namespace: true }),
  })
}
