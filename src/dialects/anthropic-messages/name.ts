/** The name of this wire format: whose unknown fields come back here. https://platform.claude.com/docs/en/api/messages */
export const dialect = 'anthropic-messages'

/** Whose signatures and opaque thoughts Claude's are, whoever hosts it. */
export const reasoningFormat = 'anthropic-claude-v1'
