/**
 * The conversation: system prompts in a place of their own, turns that alternate and begin with the user's, results in the turn behind their calls.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html
 */
import { addAll } from '../../core/add-all.ts'
import { placesOf } from '../../core/block-places.ts'
import type { Block, Message } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { inconsistent } from '../../core/refuse.ts'
import { defined, objectOf, textOf } from '../../core/wire.ts'
import { blockPath, encodeAssistantBlock, encodeSystemBlock, encodeUserBlock, nameExtra } from './blocks.ts'
import { cachePointsAfter } from './cache-points.ts'
import type { Draft } from './draft.ts'
import { encodeToolResult } from './tool-results.ts'

interface Turn {
  readonly role: 'user' | 'assistant'
  /** Results of tools stand in front of what else the user says. */
  readonly results: JsonObject[]
  readonly content: JsonObject[]
  /** Ids of the calls that an assistant's turn makes, and where. */
  readonly calls: Map<string, string>
  /** Ids of the calls that a user's turn has results for. */
  readonly answers: Set<string>
}

export interface Conversation {
  readonly system: JsonObject[]
  readonly messages: JsonObject[]
}

export function encodeMessages(messages: readonly Message[], draft: Draft): Conversation {
  const system: JsonObject[] = []
  const turns: Turn[] = []
  for (const [index, message] of messages.entries()) addMessage(message, `messages[${index}]`, turns, system, draft)
  checkCalls(turns)
  const said = merged(turns)
  if (said.length === 0) throw inconsistent('messages', 'says nothing', 'Give it a message with content')
  // Somebody has to have begun.
  if (said[0]!.role === 'assistant') said.unshift({ ...newTurn('user'), content: [{ text: 'Begin.' }] })
  if (draft.family.system) return { system, messages: sent(said, draft) }
  // A model without a place for system prompts reads them as the first words of the user.
  said[0] = { ...said[0]!, content: [...system, ...said[0]!.content] }
  return { system: [], messages: sent(said, draft) }
}

/** Turns without those that say nothing. Their neighbours have the same role, and become one. */
function merged(turns: readonly Turn[]): Turn[] {
  const said: Turn[] = []
  for (const turn of turns) {
    if (turn.results.length + turn.content.length === 0) continue
    const last = said.at(-1)
    if (last?.role === turn.role) {
      addAll(last.results, turn.results)
      addAll(last.content, turn.content)
    } else said.push(turn)
  }
  return said
}

function sent(turns: readonly Turn[], draft: Draft): JsonObject[] {
  return apart(turns, draft).map(({ role, results, content }) => ({
    role,
    content: completeDocuments([...results, ...content]),
  }))
}

/** Where results and words may not stand in one turn, a word of the assistant comes between them. */
function apart(turns: readonly Turn[], { family }: Draft): Turn[] {
  return turns.flatMap((turn) => {
    if (family.wordsBesideResults || turn.results.length === 0 || turn.content.length === 0) return [turn]
    const noted = { ...newTurn('assistant'), content: [{ text: 'Noted.' }] }
    return [{ ...turn, content: [] }, noted, { ...newTurn('user'), content: turn.content }]
  })
}

function newTurn(role: Turn['role']): Turn {
  return { role, results: [], content: [], calls: new Map(), answers: new Set() }
}

/** The turn that is being said, or a new one. */
function turnOf(role: Turn['role'], turns: Turn[]): Turn {
  const last = turns.at(-1)
  if (last?.role === role) return last
  const turn = newTurn(role)
  turns.push(turn)
  return turn
}

function addMessage(message: Message, path: string, turns: Turn[], system: JsonObject[], draft: Draft): void {
  if (message.name !== undefined) draft.drop(`${path}.name`)
  nameExtra(message.extra, path, draft)
  const place = placeOf(message, path, turns, system, draft)
  const mark = defined({ cacheControl: message.cacheControl, extra: message.extra })
  place.push(...cachePointsAfter(mark, { path, behind: place, draft }))
}

/** Writes the message and tells where its content went. */
function placeOf(message: Message, path: string, turns: Turn[], system: JsonObject[], draft: Draft): JsonObject[] {
  const { role, content } = message
  switch (role) {
    case 'system':
    case 'developer':
      // Of a system message in the middle only the newest Claude models know, which have a wire of their own: all go in front, in order.
      for (const [index, block] of content.entries()) encodeSystemBlock(block, blockPath(path, index), system, draft)
      return system
    case 'user': {
      const turn = turnOf('user', turns)
      addUserBlocks(content, path, turn, draft)
      return turn.content
    }
    case 'tool': {
      const turn = turnOf('user', turns)
      answer(message.toolCallId, path, turns)
      encodeToolResult(message, path, turn.results, draft)
      return turn.results
    }
    case 'assistant': {
      const turn = turnOf('assistant', turns)
      addAssistantBlocks(content, path, turn, draft)
      return turn.content
    }
  }
}

function addUserBlocks(content: readonly Block[], path: string, turn: Turn, draft: Draft): void {
  for (const [index, block] of content.entries()) {
    encodeUserBlock(block, blockPath(path, index), turn.content, draft)
  }
}

function addAssistantBlocks(content: readonly Block[], path: string, turn: Turn, draft: Draft): void {
  const places = placesOf(content, path)
  for (const [index, block] of content.entries()) {
    const place = places[index]!
    if (block.type === 'tool-call') {
      if (turn.calls.has(block.id))
        throw inconsistent(`${place}.id`, 'is the id of another call of this turn', 'Give each its own')
      turn.calls.set(block.id, place)
    }
    encodeAssistantBlock(block, place, path, turn.content, draft)
  }
}

/** A result answers a call of the turn before, and once. */
function answer(id: string, path: string, turns: readonly Turn[]): void {
  const [before, turn] = [turns.at(-2), turns.at(-1) as Turn]
  const place = `${path}.tool_call_id`
  if (before?.calls.has(id) !== true)
    throw inconsistent(place, 'is the id of no call in the message before', 'Give the id of one')
  if (turn.answers.has(id))
    throw inconsistent(place, 'is the id of a call that has its result already', 'Give one result for each call')
  turn.answers.add(id)
}

function checkCalls(turns: readonly Turn[]): void {
  for (const [position, { calls }] of turns.entries()) {
    for (const [id, path] of calls) {
      if (turns[position + 1]?.answers.has(id) === true) continue
      throw inconsistent(path, 'has no result', 'Give it one in a message of role "tool" right behind this message')
    }
  }
}

/** Documents need words beside them; their names are the least that can be said. */
function completeDocuments(content: JsonObject[]): JsonObject[] {
  if (content.some(({ text }) => text !== undefined)) return content
  const names = content.flatMap(({ document }) => textOf(objectOf(document)?.['name']) ?? [])
  return names.length === 0 ? content : [...content, { text: names.join(', ') }]
}
