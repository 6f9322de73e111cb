/**
 * The items that the input of a response may be made of: what was said, what was called, what came of it.
 * https://platform.openai.com/docs/api-reference/responses/create
 */
import { z } from 'zod'
import { dictionary, jsonSchema, list } from '../schema-parts.ts'
import { byTag, inputContent, itemId, itemStatus, mostItems, outputContent, toolName } from './schema-parts.ts'
import { environments, toolList } from './tool-schema.ts'

const id = itemId.optional()
const perhapsId = itemId.nullish()
const callId = z.string().min(1).max(64)
const perhapsStatus = itemStatus.nullish()
const caller = byTag('type', {
  direct: z.strictObject({ type: z.literal('direct') }),
  program: z.strictObject({ type: z.literal('program'), caller_id: z.string() }),
}).nullish()

const said = (role: string, content: z.ZodType) =>
  z.strictObject({
    type: z.literal('message').optional(),
    role: z.literal(role),
    content: z.union([z.string(), content]),
    id,
    status: itemStatus.optional(),
    phase: z.enum(['commentary', 'final_answer']).nullish(),
  })
const message = byTag('role', {
  user: said('user', inputContent),
  assistant: said('assistant', outputContent),
  system: said('system', inputContent),
  developer: said('developer', inputContent),
})

const reference = z.strictObject({ type: z.literal('item_reference').nullish(), id: itemId })

const result = z.union([z.string(), inputContent])

const calls = {
  function_call: z.strictObject({
    type: z.literal('function_call'),
    id,
    call_id: callId,
    name: toolName,
    arguments: z.string(),
    status: itemStatus.optional(),
    async: z.boolean().optional(),
    caller,
    namespace: z.string().optional(),
  }),
  function_call_output: z.strictObject({
    type: z.literal('function_call_output'),
    id: perhapsId,
    call_id: callId.nullish(),
    output: result,
    status: perhapsStatus,
    caller,
    name: z.string().nullish(),
    namespace: z.string().nullish(),
  }),
  custom_tool_call: z.strictObject({
    type: z.literal('custom_tool_call'),
    id,
    call_id: callId,
    name: toolName,
    input: z.string(),
    status: itemStatus.optional(),
    async: z.boolean().optional(),
    caller,
    namespace: z.string().optional(),
  }),
  custom_tool_call_output: z.strictObject({
    type: z.literal('custom_tool_call_output'),
    id,
    call_id: callId,
    output: result,
    status: itemStatus.optional(),
    caller,
  }),
}

const reasoning = z.strictObject({
  type: z.literal('reasoning'),
  id,
  summary: list(z.strictObject({ type: z.literal('summary_text'), text: z.string() }), mostItems, 0),
  // Its types know no null; its own coding agent sends one.
  content: list(z.strictObject({ type: z.literal('reasoning_text'), text: z.string() }), mostItems, 0).nullish(),
  encrypted_content: z.string().nullish(),
  status: itemStatus.optional(),
})

const point = { x: z.int(), y: z.int() }
const keys = list(z.string(), 100, 0).nullish()
const action = byTag('type', {
  click: z.strictObject({
    type: z.literal('click'),
    button: z.enum(['left', 'right', 'wheel', 'back', 'forward']),
    ...point,
    keys,
  }),
  double_click: z.strictObject({ type: z.literal('double_click'), ...point, keys }),
  drag: z.strictObject({ type: z.literal('drag'), path: list(z.strictObject(point), 10_000), keys }),
  keypress: z.strictObject({ type: z.literal('keypress'), keys: list(z.string(), 100) }),
  move: z.strictObject({ type: z.literal('move'), ...point, keys }),
  screenshot: z.strictObject({ type: z.literal('screenshot') }),
  scroll: z.strictObject({ type: z.literal('scroll'), ...point, scroll_x: z.int(), scroll_y: z.int(), keys }),
  type: z.strictObject({ type: z.literal('type'), text: z.string() }),
  wait: z.strictObject({ type: z.literal('wait') }),
})
const safetyChecks = list(
  z.strictObject({ id: z.string(), code: z.string().nullish(), message: z.string().nullish() }),
  100,
  0,
)

const computer = {
  computer_call: z.strictObject({
    type: z.literal('computer_call'),
    id: z.string(),
    call_id: callId,
    pending_safety_checks: safetyChecks,
    status: itemStatus,
    action: action.optional(),
    actions: list(action, 1000).optional(),
  }),
  computer_call_output: z.strictObject({
    type: z.literal('computer_call_output'),
    id: perhapsId,
    call_id: callId,
    output: z.strictObject({
      type: z.literal('computer_screenshot'),
      file_id: z.string().optional(),
      image_url: z.string().optional(),
    }),
    acknowledged_safety_checks: safetyChecks.nullish(),
    status: perhapsStatus,
  }),
}

const exec = z.strictObject({
  type: z.literal('exec'),
  command: list(z.string(), 10_000),
  env: dictionary(z.string(), 1000, 1000),
  timeout_ms: z.int().nullish(),
  user: z.string().nullish(),
  working_directory: z.string().nullish(),
})
const outcome = byTag('type', {
  timeout: z.strictObject({ type: z.literal('timeout') }),
  exit: z.strictObject({ type: z.literal('exit'), exit_code: z.int() }),
})
const file = { path: z.string() }
const patched = { ...file, diff: z.string() }

const shells = {
  local_shell_call: z.strictObject({
    type: z.literal('local_shell_call'),
    id: itemId,
    call_id: callId,
    action: exec,
    status: itemStatus,
  }),
  local_shell_call_output: z.strictObject({
    type: z.literal('local_shell_call_output'),
    id: itemId,
    output: z.string(),
    status: perhapsStatus,
  }),
  shell_call: z.strictObject({
    type: z.literal('shell_call'),
    id: perhapsId,
    call_id: callId,
    action: z.strictObject({
      commands: list(z.string(), 1000),
      max_output_length: z.int().nullish(),
      timeout_ms: z.int().nullish(),
    }),
    environment: byTag('type', environments).nullish(),
    status: perhapsStatus,
    caller,
  }),
  shell_call_output: z.strictObject({
    type: z.literal('shell_call_output'),
    id: perhapsId,
    call_id: callId,
    output: list(z.strictObject({ outcome, stdout: z.string(), stderr: z.string() }), 1000, 0),
    max_output_length: z.int().nullish(),
    status: perhapsStatus,
    caller,
  }),
  apply_patch_call: z.strictObject({
    type: z.literal('apply_patch_call'),
    id: perhapsId,
    call_id: callId,
    operation: byTag('type', {
      create_file: z.strictObject({ type: z.literal('create_file'), ...patched }),
      delete_file: z.strictObject({ type: z.literal('delete_file'), ...file }),
      update_file: z.strictObject({ type: z.literal('update_file'), ...patched }),
    }),
    status: z.enum(['in_progress', 'completed']),
    caller,
  }),
  apply_patch_call_output: z.strictObject({
    type: z.literal('apply_patch_call_output'),
    id: perhapsId,
    call_id: callId,
    status: z.enum(['completed', 'failed']),
    output: z.string().nullish(),
    caller,
  }),
}

const searchAction = byTag('type', {
  search: z.strictObject({
    type: z.literal('search'),
    query: z.string().optional(),
    queries: list(z.string(), 100, 0).optional(),
    sources: list(z.strictObject({ type: z.literal('url'), url: z.string() }), 1000, 0).optional(),
  }),
  open_page: z.strictObject({ type: z.literal('open_page'), url: z.string().nullish() }),
  find_in_page: z.strictObject({ type: z.literal('find_in_page'), pattern: z.string(), url: z.string() }),
})

/** What OpenAI's own tools did. */
const hosted = {
  web_search_call: z.strictObject({
    type: z.literal('web_search_call'),
    id: itemId,
    action: searchAction,
    status: z.enum(['in_progress', 'searching', 'completed', 'failed', 'incomplete']),
  }),
  file_search_call: z.strictObject({
    type: z.literal('file_search_call'),
    id: itemId,
    queries: list(z.string(), 100, 0),
    status: z.enum(['in_progress', 'searching', 'completed', 'incomplete', 'failed']),
    results: list(
      z.strictObject({
        attributes: dictionary(z.union([z.string(), z.number(), z.boolean()]), 16, 64).nullish(),
        file_id: z.string().optional(),
        filename: z.string().optional(),
        score: z.number().optional(),
        text: z.string().optional(),
      }),
      1000,
      0,
    ).nullish(),
  }),
  code_interpreter_call: z.strictObject({
    type: z.literal('code_interpreter_call'),
    id: itemId,
    code: z.string().nullable(),
    container_id: z.string(),
    outputs: list(
      byTag('type', {
        logs: z.strictObject({ type: z.literal('logs'), logs: z.string() }),
        image: z.strictObject({ type: z.literal('image'), url: z.string() }),
      }),
      1000,
      0,
    ).nullable(),
    status: z.enum(['in_progress', 'completed', 'incomplete', 'interpreting', 'failed']),
  }),
  image_generation_call: z.strictObject({
    type: z.literal('image_generation_call'),
    id: itemId,
    result: z.string().nullable(),
    status: z.enum(['in_progress', 'completed', 'generating', 'failed']),
    action: z.enum(['generate', 'edit', 'auto']).nullish(),
    background: z.enum(['transparent', 'opaque', 'auto']).nullish(),
    error: jsonSchema.optional(),
    output_format: z.enum(['png', 'webp', 'jpeg', 'gif', 'svg']).nullish(),
    quality: z.enum(['low', 'medium', 'high', 'xhigh', 'max', 'auto']).nullish(),
    revised_prompt: z.string().nullish(),
    size: z.string().nullish(),
    svg_usage: jsonSchema.optional(),
  }),
  tool_search_call: z.strictObject({
    type: z.literal('tool_search_call'),
    id: perhapsId,
    arguments: z.unknown(),
    call_id: callId.nullish(),
    execution: z.enum(['server', 'client']).optional(),
    status: perhapsStatus,
  }),
  tool_search_output: z.strictObject({
    type: z.literal('tool_search_output'),
    id: perhapsId,
    tools: toolList(0),
    call_id: callId.nullish(),
    execution: z.enum(['server', 'client']).optional(),
    status: perhapsStatus,
  }),
}

const problem = { code: z.int(), message: z.string() }
const mcp = {
  mcp_list_tools: z.strictObject({
    type: z.literal('mcp_list_tools'),
    id: itemId,
    server_label: z.string(),
    tools: list(
      z.strictObject({
        name: z.string(),
        input_schema: z.unknown(),
        annotations: z.unknown().optional(),
        description: z.string().nullish(),
      }),
      10_000,
      0,
    ),
    error: z.string().nullish(),
  }),
  mcp_call: z.strictObject({
    type: z.literal('mcp_call'),
    id: itemId,
    server_label: z.string(),
    name: z.string(),
    arguments: z.string(),
    approval_request_id: z.string().nullish(),
    output: z.string().nullish(),
    error: byTag('type', {
      mcp_protocol_error: z.strictObject({ type: z.literal('mcp_protocol_error'), ...problem }),
      mcp_tool_execution_error: z.strictObject({ type: z.literal('mcp_tool_execution_error'), content: z.unknown() }),
      http_error: z.strictObject({ type: z.literal('http_error'), ...problem }),
    }).nullish(),
    status: z.enum(['in_progress', 'completed', 'incomplete', 'calling', 'failed']).optional(),
  }),
  mcp_approval_request: z.strictObject({
    type: z.literal('mcp_approval_request'),
    id: itemId,
    server_label: z.string(),
    name: z.string(),
    arguments: z.string(),
  }),
  mcp_approval_response: z.strictObject({
    type: z.literal('mcp_approval_response'),
    id: perhapsId,
    approval_request_id: z.string(),
    approve: z.boolean(),
    reason: z.string().nullish(),
  }),
}

const others = {
  compaction: z.strictObject({ type: z.literal('compaction'), id: perhapsId, encrypted_content: z.string() }),
  compaction_trigger: z.strictObject({ type: z.literal('compaction_trigger'), id: perhapsId }),
  additional_tools: z.strictObject({
    type: z.literal('additional_tools'),
    id: perhapsId,
    role: z.literal('developer'),
    tools: toolList(0),
  }),
  configuration_update: z.strictObject({
    type: z.literal('configuration_update'),
    id: perhapsId,
    reasoning: jsonSchema.optional(),
    text: jsonSchema.optional(),
  }),
  program: z.strictObject({
    type: z.literal('program'),
    id: itemId,
    call_id: callId,
    code: z.string(),
    fingerprint: z.string(),
  }),
  program_output: z.strictObject({
    type: z.literal('program_output'),
    id: itemId,
    call_id: callId,
    result: z.string(),
    status: z.enum(['completed', 'incomplete']),
  }),
  // What `future-items` made. No documentation has it, but whoever makes an item takes it back.
  dream_call: z.looseObject({ type: z.literal('dream_call'), id: itemId }),
}

/** An item without a type is a message, or else a reference. */
const usual = (value: object) =>
  'role' in value || 'content' in value ? message : 'id' in value ? reference : undefined

/** Any item. */
export const inputItem = byTag(
  'type',
  { message, ...calls, reasoning, item_reference: reference, ...computer, ...shells, ...hosted, ...mcp, ...others },
  usual,
)

/** A part of what is said, by anybody. */
export interface Part {
  type: string
  text?: string
  refusal?: string
  file_id?: string | null
  image_url?: string | null
  file_data?: string | null
  file_url?: string | null
  detail?: string | null
}

/** An item, as far as what becomes of it depends on it. */
export interface Item {
  type: string
  id?: string | null
  role?: string
  content?: string | readonly Part[]
  call_id?: string | null
  name?: string | null
  arguments?: unknown
  input?: string
  output?: unknown
  summary?: readonly { type: string; text: string }[]
  encrypted_content?: string | null
  status?: string | null
  [field: string]: unknown
}
