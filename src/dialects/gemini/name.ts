/** The names of this wire format and of what only it can read. https://ai.google.dev/api/generate-content */

/** Whose unknown fields come back here. */
export const dialect = 'gemini'

/** Whose thoughts and signatures: what a client sends back with this name goes to Gemini again as it was. */
export const reasoningFormat = 'google-gemini-v1'
