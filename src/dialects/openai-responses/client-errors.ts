/** How clients are told of errors. https://platform.openai.com/docs/guides/error-codes */
export { errorEnvelope as encodeError } from '../../core/error-envelope.ts'
