/**
 * Changes to a request that keeps its dialect: the client's own text, in which members are set, renamed and taken out; all other bytes stay.
 */
import type { RequestText } from './dialect.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import { Edits, type Member, member, members } from './json-text.ts'

/** A request while it is being changed: rules read the body and note what is to become of its members. */
export class RequestEdits {
  readonly text: string
  readonly body: JsonObject
  readonly members: readonly Member[]
  readonly edits = new Edits()
  readonly dropped: string[] = []
  readonly #removed = new Set<string>()
  readonly #added = new Map<string, string>()

  constructor(request: RequestText) {
    this.text = request.text
    this.body = request.body
    this.members = request.members
  }

  member(key: string): Member | undefined {
    return member(this.members, key)
  }

  /** The text of a member's value. */
  raw(key: string): string | undefined {
    const found = this.member(key)
    return found === undefined ? undefined : this.text.slice(found.at, found.end)
  }

  /** Is it there and not null? */
  has(key: string): boolean {
    return this.body[key] !== undefined && this.body[key] !== null
  }

  /** Takes a member out: it has done its work here, or its meaning goes on under another name. */
  remove(key: string): void {
    if (this.member(key) !== undefined) this.#removed.add(key)
  }

  /** Takes a member out and says so. */
  drop(key: string): void {
    if (!this.has(key)) return this.remove(key)
    this.remove(key)
    this.dropped.push(key)
  }

  /** Gives a member a value, whether it was there or not. */
  set(key: string, json: string): void {
    const found = this.member(key)
    if (found === undefined) this.#added.set(key, json)
    else if (this.text.slice(found.at, found.end) !== json) this.edits.replace(found, json)
  }

  rename(key: string, name: string): void {
    const json = this.raw(key)
    if (json === undefined || key === name) return
    this.remove(key)
    this.set(name, json)
  }

  /** The client's own fields for the provider, in `extra_params`: put into the body when it asked for that, else left out and named. */
  spreadExtraParams(passes: boolean): void {
    const extra = this.member('extra_params')
    if (extra === undefined) return
    if (!passes || !isJsonObject(this.body['extra_params'])) return this.drop('extra_params')
    this.remove('extra_params')
    // What was said in plain sight counts more: only members that the body does not have are put in.
    for (const found of members(this.text, extra.at)) {
      if (this.member(found.key) === undefined) this.set(found.key, this.text.slice(found.at, found.end))
      else this.dropped.push(`extra_params.${found.key}`)
    }
  }

  finish(): { text: string; dropped: string[] } {
    if (this.#removed.size > 0) this.edits.remove(this.members, (found) => this.#removed.has(found.key))
    let added = ''
    for (const [key, json] of this.#added) added += `,${JSON.stringify(key)}:${json}`
    if (added !== '') this.edits.insert(this.text.lastIndexOf('}'), added)
    return { text: this.edits.apply(this.text), dropped: this.dropped }
  }
}
