/** What must hold of every request on its way into the house: nothing that says anything gets lost, at any depth. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../core/json.ts'
import type { Addressee } from '../../core/dialect.ts'
import { decodeRequest } from './decode-request.ts'
import { openaiResponses } from './provider.ts'
import { checkRequest } from './schema.ts'

type Wire = fc.Arbitrary<JsonObject>
const text = fc.string({ unit: 'grapheme' })
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null })

/** Stands for a field nobody knows; each gets a value of its own. */
const field = '«field»'
const odd = fc.constantFrom<JsonObject>(
  {},
  { a_new_field: field },
  { 'a field.of[its] own': { deep: [{ down: field }] } },
)
const wire = (known: Record<string, fc.Arbitrary<unknown>>): Wire =>
  fc.tuple(fc.record(known), odd).map(([members, more]) => ({ ...(members as JsonObject), ...more }))

const is = <Value>(value: Value) => fc.constant(value)
const part = fc.oneof(
  wire({ type: is('input_text'), text }),
  wire({
    type: is('input_image'),
    image_url: fc.constantFrom('https://a.example/a.png', 'data:image/png;base64,aGk='),
  }),
  wire({ type: is('input_file'), file_data: fc.constantFrom('aGk=', 'data:text/plain,hi'), filename: maybe(text) }),
  wire({ type: is('input_audio'), input_audio: wire({ data: is('aGk='), format: is('wav') }) }),
  wire({ type: is('input_odd') }),
)
const citation = fc.oneof(
  wire({ type: is('url_citation'), url: is('https://a.example'), title: text, start_index: is(0), end_index: is(1) }),
  wire({ type: is('file_path'), file_id: is('file-1'), index: is(0) }),
)
const saidPart = fc.oneof(
  wire({ type: is('output_text'), text, annotations: fc.array(citation, { maxLength: 2 }) }),
  wire({ type: is('refusal'), refusal: text }),
)
const content = fc.oneof(text, fc.array(part, { maxLength: 3 }))
const call = fc.constantFrom(['function_call', 'arguments'] as const, ['custom_tool_call', 'input'] as const)

/** One item, or a call with its output. */
const piece: fc.Arbitrary<JsonObject[]> = fc.oneof(
  wire({ role: fc.constantFrom('user', 'developer', 'system'), content }).map((item) => [item]),
  wire({ type: is('message'), role: is('assistant'), content: fc.array(saidPart, { minLength: 1, maxLength: 2 }) }).map(
    (item) => [item],
  ),
  wire({
    type: is('reasoning'),
    id: is('rs_1'),
    summary: fc.array(fc.record({ type: is('summary_text'), text }), { maxLength: 2 }),
    encrypted_content: maybe(is('gAAAAB')),
  }).map((item) => [item]),
  wire({ type: fc.constantFrom('web_search_call', 'mcp_call_of_tomorrow') }).map((item) => [item]),
  fc.tuple(call, wire({ name: is('f') }), wire({ output: content })).map(([[type, given], called, answered]) => [
    { ...called, type, call_id: '', [given]: '{}' },
    { ...answered, type: `${type}_output`, call_id: '' },
  ]),
)

const tool = fc.oneof(
  wire({ type: is('function'), name: is('f'), description: maybe(text), parameters: is({}), strict: maybe(is(true)) }),
  wire({
    type: is('custom'),
    name: is('c'),
    format: wire({ type: is('grammar'), syntax: is('lark'), definition: text }),
  }),
  wire({ type: fc.constantFrom('web_search', 'mcp_of_tomorrow') }),
)
const chosen = fc.oneof(
  fc.constantFrom('auto', 'none', 'required'),
  wire({ type: is('function'), name: is('f') }),
  wire({ type: is('shell') }),
  wire({
    type: is('allowed_tools'),
    mode: is('auto'),
    tools: fc.array(fc.oneof(wire({ type: is('custom'), name: is('c') }), wire({ type: is('shell') })), {
      maxLength: 2,
    }),
  }),
)
const format = fc.oneof(
  wire({ type: is('json_schema'), name: is('a'), schema: wire({ type: is('object') }), strict: maybe(is(true)) }),
  fc.record({ type: is('json_schema'), json_schema: wire({ name: is('a'), schema: is({}) }) }),
  wire({ type: fc.constantFrom('text', 'json_object', 'yaml') }),
)

function withIds(item: JsonObject, at: number): JsonObject {
  if ('call_id' in item) return { ...item, call_id: `call_${at}` }
  return item['type'] === 'reasoning' ? { ...item, id: `rs_${at}` } : item
}

const request = wire({
  model: is('m'),
  input: fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) =>
    // Each call and its output have an id of their own, and so has each thought.
    pieces.flatMap((items, at) => items.map((item) => withIds(item, at))),
  ),
  instructions: maybe(text),
  stream: is(true),
  stream_options: wire({ include_obfuscation: maybe(fc.boolean()) }),
  text: wire({ format, verbosity: maybe(fc.constantFrom('low', 'high')) }),
  reasoning: wire({ effort: maybe(fc.constantFrom('low', 'high')), max_tokens: maybe(is(2000)) }),
  tools: fc.array(tool, { maxLength: 3 }),
  tool_choice: chosen,
})

/** As it came over the wire, each field that nobody knows with a value of its own. */
function numbered(drawn: unknown): { body: JsonObject; count: number } {
  let count = 0
  const body = JSON.parse(JSON.stringify(drawn).replaceAll(`"${field}"`, () => `"field ${count++}."`))
  return { body, count }
}

describe('any request', () => {
  it('keeps all fields that nobody knows, at any depth', () => {
    fc.assert(
      fc.property(request, (drawn) => {
        const { body, count } = numbered(drawn)
        checkRequest(body)
        const canonical = JSON.stringify(decodeRequest(body))
        const lost = Array.from({ length: count }, (_, at) => at).filter((at) => !canonical.includes(`"field ${at}."`))
        expect(lost).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('says its texts in the order they were written, outputs behind their calls', () => {
    const said = fc.array(fc.constantFrom('user', 'assistant', 'developer'), { minLength: 1 })
    fc.assert(
      fc.property(said, (roles) => {
        const input = roles.map((role, at) => ({ role, content: `${at}` }))
        const { messages } = decodeRequest({ model: 'm', input })
        const told = messages.flatMap(({ role, content }) =>
          content.map((block) => ({ role, content: block.type === 'text' ? block.text : '' })),
        )
        expect(told).toEqual(input)
      }),
    )
  })

  it('is left as it was', () => {
    fc.assert(
      fc.property(request, (drawn) => {
        const { body } = numbered(drawn)
        const before = structuredClone(body)
        checkRequest(body)
        decodeRequest(body)
        expect(body).toEqual(before)
      }),
    )
  })

  const half = openaiResponses({ reasoningBudget: true, cacheControl: true })

  /** What a request means that was written out again for a provider of this wire. */
  function rewritten(body: JsonObject): unknown {
    const to: Addressee = { model: 'm', passExtraParams: false, header: () => undefined }
    const { body: again, dropped } = half.encodeRequest(decodeRequest(body), to)
    expect(dropped).toEqual([])
    const wire = JSON.parse(JSON.stringify(again))
    checkRequest(wire)
    return meaning(wire)
  }

  it('keeps the phase of all that was said in one turn', () => {
    const said = (text: string) => ({
      role: 'assistant',
      phase: 'commentary',
      content: [{ type: 'output_text', text }],
    })
    const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAAB' }
    const body = { model: 'm', input: [said('a'), thought, said('b')] }
    expect(rewritten(body)).toEqual(meaning(body))
  })

  it('means the same when it is written out again', () => {
    fc.assert(
      fc.property(request, (drawn) => {
        const { body } = numbered(drawn)
        expect(rewritten(body)).toEqual(meaning(body))
      }),
    )
  })
})

/** Without what may be told in another way: fields of a citation that nobody knows, and types and names of files that have none. */
function meaning(body: JsonObject): unknown {
  return JSON.parse(JSON.stringify(decodeRequest(body)), (key, value) => {
    if (key === 'annotations') return value.map(({ extra: _, ...annotation }: JsonObject) => annotation)
    return value?.type === 'file' ? { ...value, filename: '', source: { ...value.source, mediaType: '' } } : value
  })
}
