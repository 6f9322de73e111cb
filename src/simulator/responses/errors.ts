/** How the Responses API tells of failures: as OpenAI does everywhere. https://platform.openai.com/docs/guides/error-codes/api-errors */
import { badRequest, openaiErrors } from '../errors.ts'
import type { WireErrors } from '../wire-format.ts'

/** What there is to read is more than the model can. */
export const contextExceeded = badRequest(
  'Your input exceeds the context window of this model. Please adjust your input and try again.',
  'input',
  'context_length_exceeded',
)

export const responsesErrors: WireErrors = {
  ...openaiErrors,
  named: { ...openaiErrors.named, 'context-length': contextExceeded },
}
