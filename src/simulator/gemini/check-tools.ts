/**
 * What tools must be: the names and schemas of functions, and which of them a request may insist on.
 * https://ai.google.dev/api/caching#FunctionDeclaration, https://ai.google.dev/api/caching#FunctionCallingConfig
 */
import { schemaFaults } from './check-schema.ts'
import { invalidArgument } from './errors.ts'
import type { GeminiRules } from './generation.ts'
import { declarationsOf, type FunctionDeclaration, type GenerateContentRequest, type Tool } from './request.ts'

/** The most functions a request may declare. */
const mostFunctions = 512

/** Throws a `Refused` for what is wrong. */
export function checkTools(request: GenerateContentRequest, rules: GeminiRules): void {
  const { tools = [] } = request
  const faults: string[] = []
  for (const [index, tool] of tools.entries()) {
    const place = `GenerateContentRequest.tools[${index}]`
    if (Object.keys(tool).length === 0)
      faults.push(`* ${place}.tool_type: required one_of 'tool_type' must have one initialized field`)
    for (const [at, declaration] of (tool.functionDeclarations ?? []).entries()) {
      faults.push(...declarationFaults(declaration, `${place}.function_declarations[${at}]`))
    }
  }
  if (faults.length > 0) throw invalidArgument(faults.slice(0, 20).join('\n'))
  checkNames(declarationsOf(request))
  checkCombination(tools, request, rules)
  checkCalling(request)
}

function declarationFaults(declaration: FunctionDeclaration, place: string): string[] {
  const { name = '', description, parameters, parametersJsonSchema, response, responseJsonSchema } = declaration
  const faults: string[] = []
  if (!/^[a-zA-Z_][\w.:-]{0,127}$/.test(name)) {
    faults.push(
      `* ${place}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.`,
    )
  }
  if (description === '') faults.push(`* ${place}.description: must not be empty where it is set`)
  if (parameters && parametersJsonSchema !== undefined) {
    faults.push(`* ${place}: parameters and parameters_json_schema must not be set together`)
  }
  if (response && responseJsonSchema !== undefined) {
    faults.push(`* ${place}: response and response_json_schema must not be set together`)
  }
  if (parameters && parameters.type !== 'OBJECT')
    faults.push(`* ${place}.parameters.type: schema must be of type OBJECT`)
  if (parameters) faults.push(...schemaFaults(parameters, `${place}.parameters`))
  if (parametersJsonSchema !== undefined && !isObjectSchema(parametersJsonSchema)) {
    faults.push(`* ${place}.parameters_json_schema: must describe an object`)
  }
  return faults
}

const isObjectSchema = (schema: unknown) =>
  typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'object'

function checkNames(declarations: readonly FunctionDeclaration[]): void {
  if (declarations.length > mostFunctions) {
    throw invalidArgument(
      `At most ${mostFunctions} function declarations can be specified, but ${declarations.length} were.`,
    )
  }
  const names = declarations.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw invalidArgument(`Duplicate function declaration found: ${twice}`)
}

/** Older models take functions by themselves only; newer ones want to be told that Google's own tools may show. */
function checkCombination(tools: readonly Tool[], request: GenerateContentRequest, { combines }: GeminiRules): void {
  const kinds = new Set(tools.flatMap((tool) => Object.keys(tool)))
  if (!kinds.delete('functionDeclarations')) return
  const json = request.generationConfig?.responseMimeType === 'application/json'
  if (json && !combines) {
    throw invalidArgument("Function calling with a response mime type: 'application/json' is unsupported")
  }
  if (kinds.size === 0 || (combines && request.toolConfig?.includeServerSideToolInvocations === true)) return
  throw invalidArgument(
    combines
      ? 'Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.'
      : `Built-in tools ({${[...kinds].join(', ')}}) and Function Calling cannot be combined in the same request. Please choose one to proceed.`,
  )
}

function checkCalling(request: GenerateContentRequest): void {
  const { mode = 'AUTO', allowedFunctionNames: allowed = [] } = request.toolConfig?.functionCallingConfig ?? {}
  const names = declarationsOf(request).map(({ name }) => name)
  if (mode === 'ANY' && names.length === 0) {
    throw invalidArgument('Function calling config is set without function_declarations.')
  }
  if (allowed.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED') {
    throw invalidArgument('Please set allowed_function_names only when function calling mode is ANY or VALIDATED.')
  }
  const stranger = allowed.find((name) => !names.includes(name))
  if (stranger !== undefined) {
    throw invalidArgument(`allowed_function_names: ${stranger} is not the name of a function declaration.`)
  }
}
