/** Jobs that are calls of clients of the Responses API: what comes of them is kept as a response as well. */
import type { ClientChat } from '../core/dialect.ts'
import { GatewayError } from '../core/errors.ts'
import type { Call } from '../engine/call.ts'
import type { Done, JobKind } from '../jobs/kind.ts'
import { answerCall, callOf } from '../jobs/kinds/chat.ts'
import type { ResponseDesk } from './desk.ts'

export function responsesKind(name: string, client: ClientChat, responses: ResponseDesk): JobKind {
  return {
    name,
    async run(work) {
      const call = callOf(work, client)
      return (await keptBefore(call, responses)) ?? answerCall(await responses.prepare(call), work.world)
    },
  }
}

/** An earlier attempt has ended here: its response was kept, and then its gateway died over the job. */
async function keptBefore({ asked, caller }: Call, responses: ResponseDesk): Promise<Done | undefined> {
  if (asked.replyId === undefined) return undefined
  try {
    const { text } = await responses.get(asked.replyId, caller)
    return { reply: { kind: 'reply', status: 200, headers: [], body: text }, error: undefined, usage: null }
  } catch (error) {
    if (error instanceof GatewayError && error.failure === 'not-found') return undefined
    throw error
  }
}
