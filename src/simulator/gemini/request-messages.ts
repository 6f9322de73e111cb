/**
 * The messages of a generateContent request, with every documented field, for the Gemini API and for Vertex AI.
 * https://ai.google.dev/api/generate-content,
 * https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */
import type { Field, MessageType } from './proto-json.ts'

/** The two services differ in fields that one of them does not have. */
export type Service = 'gemini' | 'vertex'

export interface RequestMessages {
  generateContent: MessageType
  countTokens: MessageType
}

const string: Field = { kind: 'string' }
const bool: Field = { kind: 'bool' }
const int32: Field = { kind: 'int32' }
const int64: Field = { kind: 'int64' }
const float: Field = { kind: 'float' }
const bytes: Field = { kind: 'bytes' }
const duration: Field = { kind: 'duration' }
const struct: Field = { kind: 'struct' }
const value: Field = { kind: 'value' }
const list = (of: Field): Field => ({ kind: 'list', of })
const map = (of: Field): Field => ({ kind: 'map', of })
const enumeration = (name: string, ...values: string[]): Field => ({ kind: 'enum', name, values })

type Fields = MessageType['fields']

const message = (name: string, fields: Fields, oneofs?: MessageType['oneofs']): Field => {
  const type: MessageType = { name, fields, ...(oneofs && { oneofs }) }
  return { kind: 'message', type: () => type }
}

const types = enumeration(
  'Type',
  'TYPE_UNSPECIFIED',
  'STRING',
  'NUMBER',
  'INTEGER',
  'BOOLEAN',
  'ARRAY',
  'OBJECT',
  'NULL',
)
const resolutions = ['UNSPECIFIED', 'LOW', 'MEDIUM', 'HIGH'].map((level) => `MEDIA_RESOLUTION_${level}`)
const empty = (name: string) => message(name, {})

/** The messages of one service. */
function requestMessages(service: Service): RequestMessages {
  /** Fields that only one of the services has. */
  const own = (of: Service, fields: Fields): Fields => (service === of ? fields : {})
  const schema = schemaOf(own)
  const content = contentOf(own)
  const tools = list(toolOf(own, schema))
  const toolConfig = toolConfigOf(own)
  const generationConfig = generationConfigOf(own, schema)
  const asked: Fields = {
    model: string,
    contents: list(content),
    systemInstruction: content,
    tools,
    toolConfig,
    safetySettings: list(safetySettingOf(own)),
    generationConfig,
    cachedContent: string,
    serviceTier: enumeration('ServiceTier', 'unspecified', 'standard', 'flex', 'priority'),
    labels: map(string),
    continuationToken: bytes,
    ...own('gemini', { store: bool }),
    ...own('vertex', { modelArmorConfig: struct, outputConfig: struct }),
  }
  const counted: Fields =
    service === 'gemini'
      ? { contents: list(content), generateContentRequest: message('GenerateContentRequest', asked) }
      : {
          model: string,
          contents: list(content),
          systemInstruction: content,
          tools,
          generationConfig,
          instances: list(value),
        }
  return {
    generateContent: { name: 'GenerateContentRequest', fields: asked },
    countTokens: { name: 'CountTokensRequest', fields: counted },
  }
}

type Own = (of: Service, fields: Fields) => Fields

/** A subset of OpenAPI's schemas: what is missing here is refused. */
function schemaOf(own: Own): Field {
  const type: MessageType = { name: 'Schema', fields: {} }
  const schema: Field = { kind: 'message', type: () => type }
  type.fields = {
    type: types,
    format: string,
    title: string,
    description: string,
    nullable: bool,
    enum: list(string),
    maxItems: int64,
    minItems: int64,
    properties: map(schema),
    required: list(string),
    minProperties: int64,
    maxProperties: int64,
    minLength: int64,
    maxLength: int64,
    pattern: string,
    example: value,
    anyOf: list(schema),
    propertyOrdering: list(string),
    default: value,
    items: schema,
    minimum: float,
    maximum: float,
    ...own('vertex', { additionalProperties: value, ref: string, defs: map(schema) }),
  }
  return schema
}

function contentOf(own: Own): Field {
  const blob = { mimeType: string, data: bytes, displayName: string }
  const file = { mimeType: string, fileUri: string, displayName: string }
  const responsePart = message(
    'FunctionResponsePart',
    { inlineData: message('FunctionResponseBlob', blob), fileData: message('FunctionResponseFileData', file) },
    { data: ['inlineData', 'fileData'] },
  )
  const call = { id: string, name: string, args: struct }
  const data: Fields = {
    text: string,
    inlineData: message('Blob', blob),
    fileData: message('FileData', file),
    functionCall: message('FunctionCall', {
      ...call,
      ...own('vertex', { partialArgs: list(struct), willContinue: bool }),
    }),
    functionResponse: message('FunctionResponse', {
      id: string,
      name: string,
      response: struct,
      parts: list(responsePart),
      scheduling: enumeration('Scheduling', 'SCHEDULING_UNSPECIFIED', 'SILENT', 'WHEN_IDLE', 'INTERRUPT'),
      ...own('gemini', { willContinue: bool }),
    }),
    executableCode: message('ExecutableCode', {
      id: string,
      language: enumeration('Language', 'LANGUAGE_UNSPECIFIED', 'PYTHON'),
      code: string,
    }),
    codeExecutionResult: message('CodeExecutionResult', {
      id: string,
      outcome: enumeration(
        'Outcome',
        'OUTCOME_UNSPECIFIED',
        'OUTCOME_OK',
        'OUTCOME_FAILED',
        'OUTCOME_DEADLINE_EXCEEDED',
      ),
      output: string,
    }),
    ...own('gemini', { toolCall: struct, toolResponse: struct }),
  }
  const part = message(
    'Part',
    {
      ...data,
      thought: bool,
      thoughtSignature: bytes,
      videoMetadata: message('VideoMetadata', { startOffset: duration, endOffset: duration, fps: float }),
      mediaResolution: message('MediaResolution', {
        level: enumeration('Level', ...resolutions, 'MEDIA_RESOLUTION_ULTRA_HIGH'),
        numTokens: int32,
      }),
      mediaProcessing: enumeration('MediaProcessing', 'MEDIA_PROCESSING_UNSPECIFIED', 'STATIC', 'AGENTIC'),
      speechMetadata: struct,
      ...own('gemini', { partMetadata: struct }),
    },
    { data: Object.keys(data) },
  )
  return message('Content', { role: string, parts: list(part) })
}

function toolOf(own: Own, schema: Field): Field {
  const declaration = message('FunctionDeclaration', {
    name: string,
    description: string,
    behavior: enumeration('Behavior', 'UNSPECIFIED', 'BLOCKING', 'NON_BLOCKING'),
    parameters: schema,
    parametersJsonSchema: value,
    response: schema,
    responseJsonSchema: value,
  })
  return message('Tool', {
    functionDeclarations: list(declaration),
    googleSearch: message('GoogleSearch', {
      timeRangeFilter: struct,
      searchTypes: struct,
      excludeDomains: list(string),
      blockingConfidence: string,
    }),
    googleSearchRetrieval: message('GoogleSearchRetrieval', { dynamicRetrievalConfig: struct }),
    googleMaps: message('GoogleMaps', { enableWidget: bool, authConfig: struct, groundingTypes: struct }),
    codeExecution: empty('CodeExecution'),
    urlContext: empty('UrlContext'),
    computerUse: message('ComputerUse', {
      environment: string,
      excludedPredefinedFunctions: list(string),
      enablePromptInjectionDetection: bool,
      disabledSafetyPolicies: list(string),
    }),
    ...own('gemini', {
      fileSearch: message('FileSearch', { fileSearchStoreNames: list(string), metadataFilter: string, topK: int32 }),
      mcpServers: list(struct),
    }),
    ...own('vertex', { retrieval: struct, enterpriseWebSearch: struct, parallelAiSearch: struct, exaAiSearch: struct }),
  })
}

function toolConfigOf(own: Own): Field {
  const calling = message('FunctionCallingConfig', {
    mode: enumeration('Mode', 'MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'),
    allowedFunctionNames: list(string),
    ...own('vertex', { streamFunctionCallArguments: bool }),
  })
  const retrieval = message('RetrievalConfig', {
    languageCode: string,
    latLng: message('LatLng', { latitude: float, longitude: float }),
  })
  return message('ToolConfig', {
    functionCallingConfig: calling,
    retrievalConfig: retrieval,
    ...own('gemini', { includeServerSideToolInvocations: bool }),
  })
}

const harms = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT', 'CIVIC_INTEGRITY', 'UNSPECIFIED']
const imageHarms = ['JAILBREAK', 'IMAGE_HATE', 'IMAGE_DANGEROUS_CONTENT', 'IMAGE_HARASSMENT', 'IMAGE_SEXUALLY_EXPLICIT']
const thresholds = ['BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_ONLY_HIGH', 'BLOCK_NONE', 'OFF']

function safetySettingOf(own: Own): Field {
  const vertex = 'method' in own('vertex', { method: string })
  const categories = (vertex ? [...harms, ...imageHarms] : harms).map((harm) => `HARM_CATEGORY_${harm}`)
  return message('SafetySetting', {
    category: enumeration('HarmCategory', ...categories),
    threshold: enumeration('HarmBlockThreshold', 'HARM_BLOCK_THRESHOLD_UNSPECIFIED', ...thresholds),
    ...own('vertex', {
      method: enumeration('HarmBlockMethod', 'HARM_BLOCK_METHOD_UNSPECIFIED', 'SEVERITY', 'PROBABILITY'),
    }),
  })
}

function generationConfigOf(own: Own, schema: Field): Field {
  return message('GenerationConfig', {
    candidateCount: int32,
    stopSequences: list(string),
    maxOutputTokens: int32,
    temperature: float,
    topP: float,
    topK: float,
    seed: int32,
    presencePenalty: float,
    frequencyPenalty: float,
    responseLogprobs: bool,
    logprobs: int32,
    responseMimeType: string,
    responseSchema: schema,
    responseJsonSchema: value,
    responseFormat: list(struct),
    responseModalities: list(enumeration('Modality', 'MODALITY_UNSPECIFIED', 'TEXT', 'IMAGE', 'AUDIO', 'VIDEO')),
    mediaResolution: enumeration('MediaResolution', ...resolutions),
    speechConfig: message('SpeechConfig', {
      voiceConfig: struct,
      multiSpeakerVoiceConfig: struct,
      languageCode: string,
    }),
    imageConfig: struct,
    thinkingConfig: message('ThinkingConfig', {
      includeThoughts: bool,
      thinkingBudget: int32,
      thinkingLevel: enumeration(
        'ThinkingLevel',
        'THINKING_LEVEL_UNSPECIFIED',
        'MINIMAL',
        'LOW',
        'MEDIUM',
        'HIGH',
        'XHIGH',
      ),
    }),
    enableAffectiveDialog: bool,
    audioTranscriptionConfig: struct,
    translationConfig: struct,
    ...own('gemini', { enableEnhancedCivicAnswers: bool }),
    ...own('vertex', { audioTimestamp: bool, routingConfig: struct, modelConfig: struct }),
  })
}

/** What can be asked for in one service, by its name. */
export const messagesOf: Record<Service, RequestMessages> = {
  gemini: requestMessages('gemini'),
  vertex: requestMessages('vertex'),
}

/** The package that each service's messages are in, which its errors name. */
export const packageOf: Record<Service, string> = {
  gemini: 'google.ai.generativelanguage.v1beta',
  vertex: 'google.cloud.aiplatform.v1beta1',
}
