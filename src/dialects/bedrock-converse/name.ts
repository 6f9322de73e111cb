/** What this dialect is called. */
export const dialect = 'bedrock-converse'

/** Whose signatures of Claude these are: on every cloud the same. */
export const claudeFormat = 'anthropic-claude-v1'

/** Reasoning that only this wire can take back. */
export const ownFormat = 'bedrock-converse-v1'
