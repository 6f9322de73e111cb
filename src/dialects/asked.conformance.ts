/** A request for tests of replies that do not tell of it. */
import type { Asked } from '../core/dialect.ts'

export const asked: Asked = { request: { text: '{}', members: [], body: {} } }
