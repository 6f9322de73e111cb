/**
 * What tools of the service's own leave in a response: searches, code, pictures, calls of other servers, commands.
 * https://platform.openai.com/docs/guides/tools
 */
import type { HostedKind } from '../behaviours.ts'
import { tokensOf } from '../tokens.ts'
import type { Conversation } from './check-conversation.ts'
import type { Item } from './item-schema.ts'
import { idFrom, type Writing } from './output.ts'
import type { ResponseRequest } from './request-schema.ts'
import { type ScriptedItem, step, token } from './scripted.ts'
import type { Tool } from './tool-schema.ts'
import { kindOfTool } from './tools.ts'

/** What a tool is used with. */
export interface Using {
  writing: Writing
  conversation: Conversation
  /** The tool that was offered; undefined where the model uses it by its nature. */
  tool: Tool | undefined
  /** Of several uses in a response, which. */
  place: number
}

/** The kinds of tools, by the names that requests offer them under. */
const kinds: Record<string, HostedKind> = {
  web_search: 'web-search',
  web_search_preview: 'web-search',
  file_search: 'file-search',
  code_interpreter: 'code-interpreter',
  image_generation: 'image-generation',
  mcp: 'mcp',
  shell: 'shell',
}

/** What kind of tool is offered here; undefined where it is none that this file knows. */
export const hostedKind = ({ type }: Tool): HostedKind | undefined => kinds[kindOfTool(type)]

/** What using a tool leaves. */
export function useTool(kind: HostedKind, using: Using): ScriptedItem[] {
  return uses[kind](using)
}

const uses: Record<HostedKind, (using: Using) => ScriptedItem[]> = {
  'web-search': webSearch,
  'file-search': fileSearch,
  'code-interpreter': codeInterpreter,
  'image-generation': imageGeneration,
  mcp,
  shell,
  future,
}

const including = ({ include }: ResponseRequest, what: NonNullable<ResponseRequest['include']>[number]) =>
  include?.includes(what) ?? false

/** Whatever runs has a few names of where it is. */
const states = (name: string, ...after: string[]) => after.map((state) => step(`response.${name}.${state}`))

const query = 'what the words mean'

function webSearch({ writing, place }: Using): ScriptedItem[] {
  const begun = {
    id: idFrom(writing, 'ws_', place),
    type: 'web_search_call',
    status: 'in_progress',
    action: { type: 'search' },
  }
  const sources = including(writing.request, 'web_search_call.action.sources')
    ? { sources: [{ type: 'url', url: 'https://example.com/page' }] }
    : {}
  const item = { ...begun, status: 'completed', action: { type: 'search', query, queries: [query], ...sources } }
  return [{ begun, item, steps: () => states('web_search_call', 'in_progress', 'searching', 'completed') }]
}

function fileSearch({ writing, place }: Using): ScriptedItem[] {
  const begun = {
    id: idFrom(writing, 'fs_', place),
    type: 'file_search_call',
    status: 'in_progress',
    queries: [] as string[],
    results: null,
  }
  const found = {
    file_id: 'file-simulated',
    filename: 'simulated.txt',
    score: 0.75,
    text: 'What the file says.',
    attributes: {},
  }
  const results = including(writing.request, 'file_search_call.results') ? [found] : null
  const item = { ...begun, status: 'completed', queries: [query], results }
  return [{ begun, item, steps: () => states('file_search_call', 'in_progress', 'searching', 'completed') }]
}

function codeInterpreter({ writing, place }: Using): ScriptedItem[] {
  const code = 'words = 3\nprint(words * 2)'
  const begun = {
    id: idFrom(writing, 'ci_', place),
    type: 'code_interpreter_call',
    status: 'in_progress',
    code: '',
    container_id: idFrom(writing, 'cntr_', place),
    outputs: null,
  }
  const outputs = including(writing.request, 'code_interpreter_call.outputs') ? [{ type: 'logs', logs: '6\n' }] : null
  return [
    {
      begun,
      item: { ...begun, status: 'completed', code, outputs },
      *steps() {
        yield* states('code_interpreter_call', 'in_progress')
        for (const delta of tokensOf(code)) yield token('response.code_interpreter_call_code.delta', { delta })
        yield step('response.code_interpreter_call_code.done', { code })
        yield* states('code_interpreter_call', 'interpreting', 'completed')
      },
    },
  ]
}

/** One pixel. */
const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

function imageGeneration({ writing, tool, place }: Using): ScriptedItem[] {
  const looks = { background: 'opaque', output_format: 'png', quality: 'low', size: '1024x1024' }
  const begun = {
    id: idFrom(writing, 'ig_', place),
    type: 'image_generation_call',
    status: 'in_progress',
    result: null,
  }
  const revised_prompt = 'One pixel, as it was asked for.'
  return [
    {
      begun,
      item: { ...begun, status: 'completed', action: 'generate', ...looks, revised_prompt, result: picture },
      *steps() {
        yield* states('image_generation_call', 'in_progress', 'generating')
        for (let index = 0; index < Number(tool?.['partial_images'] ?? 0); index++) {
          yield step('response.image_generation_call.partial_image', {
            ...looks,
            partial_image_b64: picture,
            partial_image_index: index,
          })
        }
        yield* states('image_generation_call', 'completed')
      },
    },
  ]
}

function mcp(using: Using): ScriptedItem[] {
  const { writing, conversation, tool, place } = using
  const server_label = String(tool?.['server_label'] ?? 'simulator')
  const all = [...conversation.history, ...conversation.input]
  const listed = all.some((item) => item.type === 'mcp_list_tools' && item['server_label'] === server_label)
  const list = listed ? [] : [mcpList(using, server_label)]
  const answer = all.at(-1)
  const answered = answer?.type === 'mcp_approval_response'
  if (answered && answer['approve'] !== true) return list
  if (answered || tool === undefined || tool['require_approval'] === 'never') {
    const approval = answered ? String(answer['approval_request_id']) : null
    return [...list, mcpCall(using, server_label, approval)]
  }
  const request = { id: idFrom(writing, 'mcpr_', place), type: 'mcp_approval_request', ...asking(server_label) }
  return [...list, { begun: request, item: request, steps: () => [], waits: true }]
}

const asking = (server_label: string) => ({ server_label, name: 'look_up', arguments: JSON.stringify({ what: query }) })

function mcpList({ writing, place }: Using, server_label: string): ScriptedItem {
  const begun = { id: idFrom(writing, 'mcpl_', place), type: 'mcp_list_tools', server_label, tools: [] as object[] }
  const tool = {
    name: 'look_up',
    description: 'Looks something up.',
    input_schema: { type: 'object', properties: { what: { type: 'string' } }, required: ['what'] },
    annotations: { read_only: true },
  }
  return { begun, item: { ...begun, tools: [tool] }, steps: () => states('mcp_list_tools', 'in_progress', 'completed') }
}

function mcpCall({ writing, place }: Using, server_label: string, approval: string | null): ScriptedItem {
  const asked = asking(server_label)
  const begun = {
    id: idFrom(writing, 'mcp_', place),
    type: 'mcp_call',
    status: 'in_progress',
    approval_request_id: approval,
    ...asked,
    arguments: '',
    error: null,
    output: null as string | null,
  }
  return {
    begun,
    item: { ...begun, status: 'completed', arguments: asked.arguments, output: 'What the server knows.' },
    *steps() {
      yield* states('mcp_call', 'in_progress')
      for (const delta of tokensOf(asked.arguments)) yield token('response.mcp_call_arguments.delta', { delta })
      yield step('response.mcp_call_arguments.done', { arguments: asked.arguments })
      yield* states('mcp_call', 'completed')
    },
  }
}

/** In a container of the service the command is run at once; on a machine of whoever asks, it waits for what came of it. */
function shell({ writing, tool, place }: Using): ScriptedItem[] {
  const command = 'echo words'
  const call_id = idFrom(writing, 'call_shell_', place, 24)
  const given = tool?.['environment'] as { type?: string } | null | undefined
  const local = given?.type === 'local'
  const environment = local
    ? { type: 'local' }
    : { type: 'container_reference', container_id: idFrom(writing, 'cntr_', place) }
  const limits = { max_output_length: null, timeout_ms: null }
  const begun = {
    id: idFrom(writing, 'sh_', place),
    type: 'shell_call',
    status: 'in_progress',
    call_id,
    action: { commands: [] as string[], ...limits },
    environment,
  }
  const call: ScriptedItem = {
    begun,
    item: { ...begun, status: 'completed', action: { commands: [command], ...limits } },
    *steps() {
      const at = { command_index: 0 }
      const about = { anonymous: true }
      yield { ...step('response.shell_call_command.added', { ...at, command: '' }), ...about }
      for (const delta of tokensOf(command)) {
        yield { ...token('response.shell_call_command.delta', { ...at, delta }), ...about }
      }
      yield { ...step('response.shell_call_command.done', { ...at, command }), ...about }
    },
    waits: local,
  }
  return local ? [call] : [call, shellOutput(idFrom(writing, 'sho_', place), call_id)]
}

function shellOutput(id: string, call_id: string): ScriptedItem {
  const output = { outcome: { type: 'exit', exit_code: 0 }, stdout: 'words\n', stderr: '' }
  const begun = {
    id,
    type: 'shell_call_output',
    status: 'in_progress',
    call_id,
    max_output_length: null,
    output: [] as object[],
  }
  return {
    begun,
    item: { ...begun, status: 'completed', output: [output] },
    *steps() {
      const at = { command_index: 0 }
      yield token('response.shell_call_output_content.delta', { ...at, delta: { stdout: output.stdout } })
      yield step('response.shell_call_output_content.done', { ...at, output: [output] })
    },
  }
}

/** Nobody knows such a tool yet. */
function future({ writing, place }: Using): ScriptedItem[] {
  const begun: Item = {
    id: idFrom(writing, 'dream_', place),
    type: 'dream_call',
    status: 'in_progress',
    depth: 1,
    layers: [] as object[],
  }
  return [
    {
      begun,
      item: { ...begun, status: 'completed', layers: [{ of: 'words', weight: 0.5, next: null }] },
      *steps() {
        yield* states('dream_call', 'in_progress', 'sinking')
        yield token('response.dream_call_layer.delta', { layer_index: 0, delta: { of: 'words' }, weight: 1e-7 })
        yield* states('dream_call', 'completed')
      },
    },
  ]
}
