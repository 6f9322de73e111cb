/** Checks the sense of what a configuration says about clients and administrators. */
import type { Draft } from './draft.ts'
import type { Path } from './finding.ts'
import type { Report } from './report.ts'
import type { AdminEntry, Config } from './schema.ts'

/** Field names of HTTP. https://www.rfc-editor.org/rfc/rfc9110#section-5.1 */
export const headerName = /^[!#$%&'*+.^_`|~\w-]+$/

export function checkClient(client: Draft<NonNullable<Config['client']>>, report: Report): void {
  const { enforce_auth_on_inference: newer, enforce_governance_header: older } = client
  if (newer !== undefined && older !== undefined && newer !== older) {
    report.fault(
      ['client', 'enforce_governance_header'],
      `${older}, while enforce_auth_on_inference says ${newer}`,
      'one of the two',
    )
  }
  for (const [index, origin] of (client.allowed_origins ?? []).entries()) {
    if (origin !== undefined && !/^(?:\*|null|[^/\s]+:\/\/[^/\s]+)$/.test(origin)) {
      report.warn(['client', 'allowed_origins', index], 'is no origin such as https://example.com: it never matches.')
    }
  }
  checkHeaderNames(client.allowed_headers, ['client', 'allowed_headers'], report)
  checkRequiredHeaders(client.required_headers, report)
}

function checkHeaderNames(names: readonly (string | undefined)[] | undefined, path: Path, report: Report): void {
  for (const [index, name] of (names ?? []).entries()) {
    if (name !== undefined && !headerName.test(name)) {
      report.fault([...path, index], 'a text that is no header name', 'one such as X-Tenant-Id')
    }
  }
}

function checkRequiredHeaders(headers: Draft<NonNullable<Config['client']>['required_headers']>, report: Report): void {
  const path = ['client', 'required_headers']
  if (Array.isArray(headers)) return checkHeaderNames(headers, path, report)
  for (const [name, pattern] of Object.entries(headers ?? {})) {
    checkHeaderNames([name], [...path, name], report)
    if (typeof pattern !== 'string' || pattern === '*') continue
    try {
      new RegExp(pattern)
    } catch (error) {
      report.fault(
        [...path, name],
        'a text that is no regular expression',
        `\`*\` or one (${(error as Error).message})`,
      )
    }
  }
}

export function checkAdmin(admin: Draft<AdminEntry> | undefined, path: Path, report: Report): void {
  if (admin?.is_enabled !== true) return
  for (const key of ['admin_username', 'admin_password'] as const) {
    if (!admin[key]) report.fault([...path, key], 'nothing', 'a text, as is_enabled is true')
  }
  // Basic credentials are cut at the first colon.
  if (admin.admin_username?.includes(':')) {
    report.fault([...path, 'admin_username'], 'a name with a colon', 'one without, as HTTP wants it')
  }
}
