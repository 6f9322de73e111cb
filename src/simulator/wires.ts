/** The wire formats that are spoken besides OpenAI's chat completions. */
import { anthropic, anthropicOnAzure, anthropicOnVertex } from './anthropic/wire.ts'
import { bedrock } from './bedrock/wire.ts'
import { cohere } from './cohere/wire.ts'
import { gemini, geminiLists, vertexGemini } from './gemini/wire.ts'
import { responses, responsesOnAzure } from './responses/wire.ts'
import type { WireFormat } from './wire-format.ts'

export const wires: readonly WireFormat[] = [
  anthropic,
  anthropicOnAzure,
  anthropicOnVertex,
  cohere,
  bedrock,
  gemini,
  vertexGemini,
  geminiLists,
  responses,
  responsesOnAzure,
]
