/** What a choice among tools comes to. */
import type { ToolChoice } from './chat.ts'

/** Must a tool be called? */
export function isForced(choice: ToolChoice | undefined): boolean {
  return (
    choice?.mode === 'required' ||
    choice?.mode === 'tool' ||
    (choice?.mode === 'allowed' && choice.among === 'required')
  )
}
