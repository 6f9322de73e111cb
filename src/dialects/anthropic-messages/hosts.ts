/**
 * Where Claude is served, and how each place differs from Anthropic's own.
 * https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai,
 * https://platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock,
 * https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry; what is to be had where:
 * https://platform.claude.com/docs/en/build-with-claude/overview, read on 2026-11-27
 */

export interface Host {
  /** As it is called in messages to clients. */
  readonly name: string
  /** The body names the model. */
  readonly namesModel: boolean
  /** The body says whether to stream. */
  readonly saysStream: boolean
  /**
   * The version of the API that the body tells, in place of the header: this one, unless the header asks for a version since which there is but
   * one name for it everywhere. Undefined: the header tells it.
   */
  readonly version: string | undefined
  /** Beta features are told in the body as `anthropic_beta`. */
  readonly betasInBody: boolean
  /** Takes messages of the system in mid conversation, of models that do. */
  readonly systemInside: boolean
  /** Fetches pictures and documents by URL. */
  readonly fetches: boolean
  /** Members of the body that it does not know: left out and named, or refused where the answer depends on them. */
  readonly lacks: Readonly<Record<string, 'drop' | 'refuse'>>
  /** Tools that run at Anthropic's and are not to be had here, by the beginnings of their types. */
  readonly lacksTools: readonly string[]
  /** Wants to be told not to think where a tool is forced, of models that think by themselves. */
  readonly forcesThoughtless: boolean
}

/** Anthropic's own address. */
export const anthropicHost: Host = {
  name: 'Anthropic',
  namesModel: true,
  saysStream: true,
  version: undefined,
  betasInBody: false,
  systemInside: true,
  fetches: true,
  lacks: {},
  lacksTools: [],
  forcesThoughtless: false,
}

/** Microsoft Foundry: the same API behind another address. */
export const azureHost: Host = {
  ...anthropicHost,
  name: 'Azure',
  systemInside: false,
  lacks: { inference_geo: 'refuse', speed: 'drop', diagnostics: 'drop', task_budget: 'drop' },
  lacksTools: ['advisor_'],
}

const noServers = {
  ...azureHost.lacks,
  mcp_servers: 'refuse',
  container: 'refuse',
} as const satisfies Host['lacks']

/** Google Cloud: the model is in the path, the version in the body. */
export const vertexHost: Host = {
  ...azureHost,
  name: 'Vertex AI',
  namesModel: false,
  version: 'vertex-2023-10-16',
  lacks: noServers,
  lacksTools: ['advisor_', 'web_fetch_', 'code_execution_', 'mcp_toolset'],
}

/**
 * Amazon Bedrock by InvokeModel: model and streaming are in the path, version and betas in the body.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
 */
export const bedrockHost: Host = {
  ...vertexHost,
  name: 'Amazon Bedrock',
  saysStream: false,
  version: 'bedrock-2023-05-31',
  betasInBody: true,
  // Sources are documented as base64 alone.
  fetches: false,
  // Marks on blocks are known; one for the whole request is refused.
  lacks: { ...noServers, cache_control: 'drop' },
  lacksTools: [...vertexHost.lacksTools, 'web_search_'],
  forcesThoughtless: true,
}
