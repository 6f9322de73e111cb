/** What reading a reply needs of the request it answers. */
import type { ReplyContext } from '../../core/dialect.ts'
import type { ToolNames } from '../../core/tool-names.ts'
import { familyOf } from './families.ts'
import { answersByTool, answerToolName } from './output.ts'
import { toolNamesOf } from './tool-names.ts'

export interface Reading {
  /** Whose the reasoning is. */
  readonly format: string
  /** The tool whose input is the answer itself. */
  readonly answerTool: string | undefined
  /** What the client calls its tools. */
  readonly names: ToolNames
  /** An id for a call that came without one: the client must be able to answer it. */
  callId(position: number): string
}

export function readingOf({ request, model, id }: ReplyContext): Reading {
  const family = familyOf(model)
  return {
    format: family.format,
    answerTool: request !== undefined && answersByTool(request, family) ? answerToolName(request) : undefined,
    names: toolNamesOf(request),
    callId: (position) => `call_${id}_${position}`,
  }
}
