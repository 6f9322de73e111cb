/** Checks the sense of what a configuration says of a key for Google Vertex AI. */
import { checkRegion } from './check-texts.ts'
import type { Draft } from './draft.ts'
import type { Path } from './finding.ts'
import { accountIn, isJson, projectIn } from './google-account.ts'
import type { Report } from './report.ts'
import type { KeyEntry } from './schema.ts'

/** https://cloud.google.com/docs/authentication/application-default-credentials */
const accountTypes = [
  ...['service_account', 'authorized_user', 'external_account', 'external_account_authorized_user'],
  ...['impersonated_service_account', 'gdch_service_account'],
]

export function checkVertex(key: Draft<KeyEntry>, path: Path, report: Report): void {
  const vertex = key.vertex_key_config ?? {}
  const place = [...path, 'vertex_key_config']
  checkRegion(vertex.region, [...place, 'region'], report)
  checkProject(vertex.project_id, [...place, 'project_id'], report)
  checkProject(vertex.project_number, [...place, 'project_number'], report)
  const account = vertex.auth_credentials
  if (account !== undefined && isJson(account)) checkAccount(account, [...place, 'auth_credentials'], report)
  if (key.value && account) report.warn([...path, 'value'], 'has no effect, as there are auth_credentials.')
  // A key of its own kind, which belongs to a project, needs none: express mode.
  const express = key.value && !account
  if (express || vertex.project_id || vertex.project_number || projectIn(account)) return
  report.fault([...place, 'project_id'], 'nothing', 'the project of Google Cloud to be used')
}

function checkProject(project: string | undefined, path: Path, report: Report): void {
  if (!project || /^\w[\w.:-]*$/.test(project)) return
  report.fault(path, 'a text that is no project', 'the id of a project, such as my-project-123')
}

function checkAccount(text: string, path: Path, report: Report): void {
  const type = accountIn(text)?.['type']
  if (typeof type === 'string' && accountTypes.includes(type)) return
  const expected = `the JSON of an account's key, whose "type" is one of ${accountTypes.join(', ')}`
  report.fault(path, type === undefined ? 'a text that is no such JSON' : 'an account of another type', expected)
}
