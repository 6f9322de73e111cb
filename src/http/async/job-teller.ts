/** Jobs as receivers of webhooks are told of them: the record that `/v1/async` has, without or with what came of the job. */

import { jobNotFound } from '../../jobs/desk.ts'
import { openReply } from '../../jobs/sealed.ts'
import type { Cipher } from '../../ports/cipher.ts'
import type { JobTeller } from '../../webhooks/message.ts'
import { kindNamed } from './kinds.ts'
import { recordText, summaryJson } from './record.ts'

export function createJobTeller(cipher: Cipher): JobTeller {
  return {
    facts: summaryJson,
    async whole(record) {
      const kind = kindNamed(record.kind)
      if (kind === undefined) throw jobNotFound()
      const reply = 'result' in record ? await openReply(record.id, record, cipher) : undefined
      return recordText({ record, reply, position: null }, kind)
    },
  }
}
