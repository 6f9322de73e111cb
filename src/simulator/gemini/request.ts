/** A generateContent request as it is after reading: names in camel case, enums in capitals. https://ai.google.dev/api/generate-content */

export interface Blob {
  mimeType?: string
  data?: string
}

export interface FileData {
  mimeType?: string
  fileUri?: string
}

export interface FunctionCall {
  id?: string
  name?: string
  args?: Record<string, unknown>
}

export interface FunctionResponse {
  id?: string
  name?: string
  response?: Record<string, unknown>
  parts?: { inlineData?: Blob; fileData?: FileData }[]
}

export interface Part {
  text?: string
  inlineData?: Blob
  fileData?: FileData
  functionCall?: FunctionCall
  functionResponse?: FunctionResponse
  executableCode?: { language?: string; code?: string }
  codeExecutionResult?: { outcome?: string; output?: string }
  toolCall?: object
  toolResponse?: object
  thought?: boolean
  thoughtSignature?: string
  videoMetadata?: object
}

export interface Content {
  role?: string
  parts?: Part[]
}

export interface Schema {
  type?: string
  format?: string
  nullable?: boolean
  enum?: string[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  anyOf?: Schema[]
  propertyOrdering?: string[]
  ref?: string
  defs?: Record<string, Schema>
  [keyword: string]: unknown
}

export interface FunctionDeclaration {
  name?: string
  description?: string
  parameters?: Schema
  parametersJsonSchema?: unknown
  response?: Schema
  responseJsonSchema?: unknown
}

/** One kind of tool, or several. */
export interface Tool {
  functionDeclarations?: FunctionDeclaration[]
  [kind: string]: unknown
}

export interface ThinkingConfig {
  includeThoughts?: boolean
  thinkingBudget?: number
  thinkingLevel?: string
}

export interface GenerationConfig {
  candidateCount?: number
  stopSequences?: string[]
  maxOutputTokens?: number
  temperature?: number
  topP?: number
  topK?: number
  presencePenalty?: number
  frequencyPenalty?: number
  responseLogprobs?: boolean
  logprobs?: number
  responseMimeType?: string
  responseSchema?: Schema
  responseJsonSchema?: unknown
  responseModalities?: string[]
  speechConfig?: object
  thinkingConfig?: ThinkingConfig
}

export interface GenerateContentRequest {
  contents: Content[]
  systemInstruction?: Content
  tools?: Tool[]
  toolConfig?: {
    functionCallingConfig?: { mode?: string; allowedFunctionNames?: string[] }
    includeServerSideToolInvocations?: boolean
  }
  safetySettings?: { category?: string; threshold?: string }[]
  generationConfig?: GenerationConfig
  cachedContent?: string
  serviceTier?: string
}

/** All functions that a request declares. */
export const declarationsOf = ({ tools = [] }: Pick<GenerateContentRequest, 'tools'>) =>
  tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations)
