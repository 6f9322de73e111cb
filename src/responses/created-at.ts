/** When a response was made: in the background, when it was accepted, whoever answers it and however late. */
import { Edits, member, members } from '../core/json-text.ts'

/** The object with this time (Unix seconds); all other text stays. */
export function withCreatedAt(object: string, seconds: number): string {
  const edits = new Edits()
  changeCreatedAt(object, 0, seconds, edits)
  return edits.apply(object)
}

/** A frame whose event tells of a response, with this time in it; any other frame stays as it is. */
export function frameWithCreatedAt(frame: string, seconds: number): string {
  if (!frame.includes('"response"')) return frame
  const at = frame.indexOf('data: ') + 6
  const response = member(members(frame, at), 'response')
  if (response === undefined || frame[response.at] !== '{') return frame
  const edits = new Edits()
  changeCreatedAt(frame, response.at, seconds, edits)
  return edits.apply(frame)
}

function changeCreatedAt(text: string, at: number, seconds: number, edits: Edits): void {
  const found = member(members(text, at), 'created_at')
  if (found !== undefined) edits.replace(found, String(seconds))
}
