/** A Converse request while it is being written, and what all its parts need to know. */
import type { ChatRequest } from '../../core/chat.ts'
import type { Addressee } from '../../core/dialect.ts'
import { type Keeper, makeKeeper, withExtra } from '../../core/extra.ts'
import type { FittedNames } from '../../core/fitted-names.ts'
import type { JsonObject } from '../../core/json.ts'
import { callIdsOf, type ToolNames } from '../../core/tool-names.ts'
import { DocumentNames } from './document-names.ts'
import { type Family, familyOf } from './families.ts'
import { nameRule, toolNamesOf } from './tool-names.ts'

export class Draft {
  readonly request: ChatRequest
  readonly target: Addressee
  readonly family: Family
  readonly dropped: string[] = []
  readonly keeper: Keeper
  readonly toolNames: ToolNames
  readonly callIds: FittedNames
  readonly documentNames = new DocumentNames()
  readonly body: JsonObject = {}
  readonly inference: JsonObject = {}
  /** `additionalModelRequestFields`. */
  readonly fields: JsonObject = {}
  readonly outputConfig: JsonObject = {}
  readonly #lostTogether = new Set<string>()
  /** What the client wrote in Converse's own words: laid over the body in the end. */
  overlay: JsonObject | undefined

  constructor(request: ChatRequest, target: Addressee) {
    this.request = request
    this.target = target
    this.family = familyOf(target.model)
    // No client speaks this dialect, so that what its requests have no name for is at home elsewhere.
    this.keeper = makeKeeper(false, this.dropped)
    this.toolNames = toolNamesOf(request)
    this.callIds = callIdsOf(request, nameRule)
  }

  drop(path: string): void {
    this.dropped.push(path)
  }

  /** For what several blocks of a message lose together. */
  dropOnce(path: string): void {
    if (!this.#lostTogether.has(path)) this.drop(path)
    this.#lostTogether.add(path)
  }

  lay(members: JsonObject): void {
    this.overlay = this.overlay === undefined ? members : withExtra(this.overlay, members)
  }

  /** Puts a value at a path of `additionalModelRequestFields`. */
  setField(path: string, value: JsonObject[string]): void {
    const names = path.split('.')
    const last = names.pop() as string
    let place = this.fields
    for (const name of names) {
      const inner = (place[name] ?? {}) as JsonObject
      place[name] = inner
      place = inner
    }
    place[last] = value
  }
}
