/** What tools are called on a wire that does not take every name, and which of them take plain text. */
import type { ChatRequest, Message, ToolCallBlock } from './chat.ts'
import { customToolNames } from './custom-tools.ts'
import { FittedNames, type NameRule } from './fitted-names.ts'

/** The names of a request's tools, the same for the request and for the reply to it. Most replies call nothing: they are made when first asked for. */
export class ToolNames {
  readonly #request: ChatRequest | undefined
  readonly #rule: NameRule
  #names: FittedNames | undefined
  #custom: ReadonlySet<string> | undefined

  /** Undefined request: its text was the client's own, and so are the names. */
  constructor(request: ChatRequest | undefined, rule: NameRule) {
    this.#request = request
    this.#rule = rule
  }

  /** What a tool is called on the wire. */
  fit(name: string): string {
    return this.#fitted().fit(name)
  }

  /** The tool that goes by a name on the wire. */
  original(fitted: string): string {
    return this.#fitted().original(fitted)
  }

  /** Does the tool take any text rather than an object? */
  isCustom(name: string): boolean {
    this.#custom ??= customToolNames(this.#request?.tools)
    return this.#custom.has(name)
  }

  #fitted(): FittedNames {
    this.#names ??= new FittedNames(namesIn(this.#request), this.#rule)
    return this.#names
  }
}

/** The names of the tools that the client runs. */
export function offeredNames({ tools = [] }: Pick<ChatRequest, 'tools'>): ReadonlySet<string> {
  return new Set(tools.flatMap((tool) => (tool.kind === 'server' ? [] : [tool.name])))
}

/** Calls of earlier turns may name tools that are offered no more. */
function namesIn(request: ChatRequest | undefined): string[] {
  if (request === undefined) return []
  return [...offeredNames(request), ...callsOf(request.messages).map(({ name }) => name)]
}

/** The ids of all calls of a conversation, for wires that do not take every id. */
export function callIdsOf({ messages }: Pick<ChatRequest, 'messages'>, rule: NameRule): FittedNames {
  return new FittedNames(
    callsOf(messages).map(({ id }) => id),
    rule,
  )
}

/** Every call of a conversation so far. */
export function callsOf(messages: readonly Message[]): ToolCallBlock[] {
  return messages.flatMap(({ content }) => content.filter((block) => block.type === 'tool-call'))
}
