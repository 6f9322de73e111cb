/**
 * What a configuration says of an account of Google's: the JSON that Google gives for it, or a file with that.
 * https://cloud.google.com/docs/authentication/application-default-credentials
 */
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { readJson } from '../core/parse-json.ts'

/** Everything else is the path of a file. */
export function isJson(account: string): boolean {
  return account.trimStart().startsWith('{')
}

/** Undefined where it is none. */
export function accountIn(text: string): JsonObject | undefined {
  try {
    const account: unknown = readJson(text)
    return isJsonObject(account) ? account : undefined
  } catch {
    return undefined
  }
}

/** The project the account is of, where its JSON says so. */
export function projectIn(account: string | undefined): string | undefined {
  const project = account !== undefined && isJson(account) ? accountIn(account)?.['project_id'] : undefined
  return typeof project === 'string' && project !== '' ? project : undefined
}
