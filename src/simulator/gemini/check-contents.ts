/**
 * What contents must be: their roles and parts, how function calls and responses follow one another, and the signatures of calls.
 * https://ai.google.dev/gemini-api/docs/function-calling, https://ai.google.dev/gemini-api/docs/thought-signatures
 */
import { invalidArgument } from './errors.ts'
import type { GeminiRules } from './generation.ts'
import type { Content, FunctionCall, FunctionResponse, Part } from './request.ts'
import { isGood, type Signed } from './signature.ts'

/** Throws a `Refused` for the first thing that is wrong. */
export function checkContents(contents: readonly Content[], rules: GeminiRules): void {
  checkRoles(contents)
  for (const [index, content] of contents.entries()) checkParts(content, `GenerateContentRequest.contents[${index}]`)
  checkTurns(contents)
  checkSignatures(contents, rules)
}

/** A role may be left out where there is nobody else to be told from. */
function checkRoles(contents: readonly Content[]): void {
  const roleless = contents.length === 1 && !contents[0]!.parts?.some(({ functionResponse }) => functionResponse)
  for (const { role = '' } of contents) {
    if (role === 'user' || role === 'model' || (role === '' && roleless)) continue
    throw invalidArgument('Please use a valid role: user, model.')
  }
  if (contents.at(-1)!.role !== 'model') return
  throw invalidArgument(
    contents.length === 1
      ? 'Please ensure that single turn requests end with a user role or the role field is empty.'
      : 'Please ensure that multiturn requests end with a user role or a function response.',
  )
}

const dataOf = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
] as const

function checkParts({ role, parts = [] }: Content, place: string): void {
  if (parts.length === 0) throw invalidArgument(`* ${place}.parts: contents.parts must not be empty.`)
  for (const [index, part] of parts.entries()) {
    const where = `* ${place}.parts[${index}]`
    if (!dataOf.some((kind) => part[kind] !== undefined)) {
      throw invalidArgument(`${where}.data: required oneof field 'data' must have one initialized field`)
    }
    if (part.text === '' && part.thoughtSignature === undefined)
      throw invalidArgument(`${where}.data: required oneof field 'data' must have one initialized field`)
    if (part.functionCall && role !== 'model')
      throw invalidArgument(`${where}: a function call must have the role model.`)
    if (part.functionResponse && role === 'model')
      throw invalidArgument(`${where}: a function response must have the role user.`)
    if (part.thought && role !== 'model') throw invalidArgument(`${where}: a thought must have the role model.`)
    checkPart(part, where)
  }
}

function checkPart({ inlineData, fileData, functionCall, functionResponse }: Part, where: string): void {
  if (inlineData) checkMimeType(inlineData.mimeType, `${where}.inline_data`)
  if (inlineData && !inlineData.data) throw invalidArgument(`${where}.inline_data.data: required field is not set`)
  if (fileData && !fileData.fileUri) throw invalidArgument(`${where}.file_data.file_uri: required field is not set`)
  if (fileData?.fileUri && !/^(?:https?|gs):\/\/\S+$/.test(fileData.fileUri)) {
    throw invalidArgument(`Invalid or unsupported file uri: ${fileData.fileUri}`)
  }
  if (fileData?.mimeType !== undefined) checkMimeType(fileData.mimeType, `${where}.file_data`)
  if (functionCall && !functionCall.name) throw invalidArgument(`${where}.function_call.name: Name cannot be empty.`)
  if (!functionResponse) return
  if (!functionResponse.name) throw invalidArgument(`${where}.function_response.name: Name cannot be empty.`)
  if (!functionResponse.response)
    throw invalidArgument(`${where}.function_response.response: required field is not set`)
  for (const { inlineData: blob } of functionResponse.parts ?? []) {
    if (blob) checkMimeType(blob.mimeType, `${where}.function_response.parts.inline_data`)
  }
}

/** https://ai.google.dev/gemini-api/docs/file-input-methods */
const mimeTypes =
  /^(?:text\/[\w.+-]+|image\/(?:png|jpeg|webp|heic|heif|gif|bmp|avif)|audio\/[\w.+-]+(?:;.*)?|video\/[\w.+-]+|application\/(?:pdf|json|rtf|xml|x-javascript|x-typescript|javascript))$/

function checkMimeType(type: string | undefined, where: string): void {
  if (!type) throw invalidArgument(`${where}.mime_type: required field is not set`)
  if (!mimeTypes.test(type)) throw invalidArgument(`Unsupported MIME type: ${type}`)
}

const callsIn = ({ parts = [] }: Content) => parts.flatMap(({ functionCall }) => functionCall ?? [])
const responsesIn = ({ parts = [] }: Content) => parts.flatMap(({ functionResponse }) => functionResponse ?? [])

/** Calls come behind the user, their responses right behind them and alone, as many as there were calls. */
function checkTurns(contents: readonly Content[]): void {
  let open: FunctionCall[] = []
  for (const [index, content] of contents.entries()) {
    const calls = callsIn(content)
    const responses = responsesIn(content)
    const before = contents[index - 1]
    // What a model says in several contents is one turn.
    if (content.role === 'model') {
      if (calls.length > 0 && before === undefined) {
        throw invalidArgument(
          'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
        )
      }
      open = before?.role === 'model' ? [...open, ...calls] : calls
      continue
    }
    if (responses.length > 0) checkResponses(open, responses, content)
    else if (open.length > 0) throw unequal()
    open = []
  }
}

const unequal = () =>
  invalidArgument(
    'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
  )

function checkResponses(
  calls: readonly FunctionCall[],
  responses: readonly FunctionResponse[],
  { parts = [] }: Content,
): void {
  if (calls.length === 0) {
    throw invalidArgument('Please ensure that function response turn comes immediately after a function call turn.')
  }
  if (calls.length !== responses.length) throw unequal()
  if (parts.length !== responses.length) {
    throw invalidArgument('Please ensure that the function response turn has no parts but function responses.')
  }
  // Calls without ids are told apart by their order.
  const open = [...calls]
  for (const { id, name } of responses) {
    const at = open.findIndex((call) => call.name === name && (call.id ?? '') === (id ?? ''))
    if (at < 0) {
      const told = id ? `${name}, id ${id}` : name
      throw invalidArgument(
        `Please ensure that each function response has the name and the id of a function call of the turn before: ${told}.`,
      )
    }
    open.splice(at, 1)
  }
}

/** The current turn begins with what the user said last. In it, the first call of each step must be signed. */
function checkSignatures(contents: readonly Content[], { needsSignatures }: GeminiRules): void {
  const current = contents.findLastIndex((content) => content.role !== 'model' && responsesIn(content).length === 0)
  let called = false
  for (const [index, content] of contents.entries()) {
    for (const part of content.parts ?? []) {
      const signature = part.thoughtSignature
      if (signature !== undefined && !isGood(signature, signedIn(part)))
        throw invalidArgument('Corrupted thought signature.')
    }
    const first = content.parts?.find(({ functionCall }) => functionCall)
    const leads = first !== undefined && !called
    called = content.role === 'model' && (called || first !== undefined)
    if (!needsSignatures || index <= current || !leads || first.thoughtSignature !== undefined) continue
    throw invalidArgument(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${first.functionCall?.name}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
    )
  }
}

const signedIn = ({ functionCall: call }: Part): Signed =>
  call ? { kind: 'call', name: call.name ?? '', args: call.args ?? {} } : { kind: 'text' }
