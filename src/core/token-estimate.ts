/**
 * What of a request a model would read, for an estimate of its tokens: texts that can be counted, and figures for what cannot. The figures
 * are rough means of what the large providers charge; docs/api.md names them.
 */
import type { Block, ChatRequest, Message, Source, Tool } from './chat.ts'

export interface Countable {
  readonly texts: string[]
  /** Tokens of everything that is no text. */
  readonly more: number
}

/** Vocabularies that are public, by the names OpenAI gave them. */
export type VocabularyName = 'o200k' | 'cl100k'

/**
 * OpenAI's models before GPT-4o have the older one (https://github.com/openai/tiktoken/blob/main/tiktoken/model.py); those of Llama 3
 * (https://huggingface.co/blog/llama3) and Qwen (https://qwen.readthedocs.io/en/latest/getting_started/concepts.html) were made out of it.
 */
const older = /(?:^|[/:.@_-])(?:gpt-?3|gpt-?35|gpt-?4(?![\do.]|-?o)|text-embedding-|llama-?v?3|qwen|qwq)/i

/** Of the public vocabularies the one that is the model's, or the nearest to it. */
export function nearestVocabulary(model: string): VocabularyName {
  return older.test(model) ? 'cl100k' : 'o200k'
}

/** Tokens around each message and each tool, and at the beginning. */
const aroundMessage = 4
const aroundTool = 8
const aroundRequest = 3

/** Tokens of a picture of a common size, and of one that is to be looked at from afar. */
const ofImage = 1500
const ofDistantImage = 85

/** Tokens of a page, and bytes a page of a document comes to. */
const ofPage = 2000
const bytesOfPage = 50_000

/** Bytes that come to one token, of sounds and of moving pictures. */
const bytesOfAudioToken = 1000
const bytesOfVideoToken = 500
/** Tokens of a sound and of moving pictures that are not here to be measured. */
const ofDistantAudio = 1000
const ofDistantVideo = 10_000

export function countable(request: ChatRequest): Countable {
  const count = new Collected()
  for (const message of request.messages) addMessage(message, count)
  for (const tool of request.tools ?? []) addTool(tool, count)
  if (request.responseFormat?.type === 'json-schema') count.json(request.responseFormat.schema)
  return { texts: count.texts, more: count.more + aroundRequest }
}

class Collected {
  readonly texts: string[] = []
  more = 0

  text(text: string | undefined): void {
    if (text !== undefined && text !== '') this.texts.push(text)
  }

  json(value: object | undefined): void {
    if (value !== undefined) this.texts.push(JSON.stringify(value))
  }
}

function addMessage(message: Message, count: Collected): void {
  count.more += aroundMessage
  count.text(message.name)
  for (const block of message.content) addBlock(block, count)
}

function addTool(tool: Tool, count: Collected): void {
  count.more += aroundTool
  if (tool.kind === 'server') return count.json(tool.value)
  count.text(tool.name)
  count.text(tool.description)
  count.json(tool.kind === 'function' ? tool.parameters : tool.format)
}

function addBlock(block: Block, count: Collected): void {
  switch (block.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return count.text(block.text)
    case 'tool-call':
      count.more += aroundTool
      count.text(block.name)
      return count.text(block.arguments)
    case 'image':
      count.more += block.detail === 'low' ? ofDistantImage : ofImage
      return
    case 'audio':
      if (block.source === undefined) return count.text(block.transcript)
      count.more += ofBytes(block.source, bytesOfAudioToken) ?? ofDistantAudio
      return
    case 'video':
      count.more += ofBytes(block.source, bytesOfVideoToken) ?? ofDistantVideo
      return
    case 'file':
      return addFile(block.source, block.filename, count)
    case 'unknown':
      return count.json(block.value)
  }
}

function addFile(source: Source, name: string | undefined, count: Collected): void {
  count.text(name)
  if (source.kind === 'text') return count.text(source.text)
  count.more += (ofBytes(source, bytesOfPage) ?? 1) * ofPage
}

/** How often so many bytes go into what is there as base64, begun ones included. */
function ofBytes(source: Source, bytes: number): number | undefined {
  return source.kind === 'data' ? Math.max(1, Math.ceil((source.data.length * 3) / 4 / bytes)) : undefined
}
