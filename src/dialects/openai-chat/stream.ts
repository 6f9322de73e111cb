/** Streamed replies to and from canonical events. https://platform.openai.com/docs/api-reference/chat-streaming */
export { decodeEvents } from './decode-events.ts'
export { encodeEvents } from './encode-events.ts'
