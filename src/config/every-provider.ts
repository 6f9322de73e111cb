/** The providers a configuration can be about, for commands that read one without building a house. */
export { providers as everyProvider } from '../providers/index.ts'
