/** The name of this wire format: whose unknown fields come back here. https://docs.cohere.com/reference/chat */
export const dialect = 'cohere-chat'

/** Whose thoughts and plans these are. They have no signature: the name is all that tells them from others. */
export const reasoningFormat = 'cohere-chat-v1'
