/** The name of this wire format: whose unknown fields come back here. https://platform.openai.com/docs/api-reference/chat */
export const dialect = 'openai-chat'
