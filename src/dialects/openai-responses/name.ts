/** What the dialect is called inside the house. https://platform.openai.com/docs/api-reference/responses */
export const dialect = 'openai-responses'
