/**
 * What a Bedrock model id names: a model or an inference profile, by itself or in an ARN, with a region and a vendor before it.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
 */
import { invalid } from './errors.ts'

export interface ModelId {
  /** The name of a model of the simulator, with the words of faults in it. */
  name: string
  /** Such as `anthropic`; empty where the id has none. */
  vendor: string
}

const arn =
  /^arn:aws(?:-[^:]+)?:bedrock:[a-z0-9-]{1,20}:(?:\d{12})?:(?:foundation-model|inference-profile|application-inference-profile|provisioned-model|custom-model-deployment|imported-model|default-prompt-router|prompt-router)\/(.+)$/
const regions = /^(?:us|eu|apac|jp|au|ca|sa|us-gov|global)\./
const vendors =
  /^(anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai|qwen|moonshot|moonshotai|minimax|writer|zai|google|nvidia)\./

/** Is it the id of an inference profile, which is a way to a model and not a model? */
export function isProfile(id: string): boolean {
  return id.startsWith('arn:') ? id.includes('inference-profile/') : regions.test(id)
}

/** Takes an id apart. `us.anthropic.tools-v1:0+status-500` names the model `tools`. */
export function readModelId(id: string): ModelId {
  const resource = id.startsWith('arn:') ? arn.exec(id)?.[1] : id
  const [base = '', ...words] = (resource ?? '').split('+')
  if (!/^[a-zA-Z0-9\-:._/]+$/.test(base)) throw invalid('The provided model identifier is invalid.')
  const inRegion = base.replace(regions, '')
  const vendor = vendors.exec(inRegion)?.[1] ?? ''
  const model = inRegion.slice(vendor === '' ? 0 : vendor.length + 1).replace(/-v\d+(?::\d+)?$/, '')
  return { name: [model, ...words].join('+'), vendor }
}
