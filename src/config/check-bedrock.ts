/** Checks the sense of what a configuration says of a key for Amazon Bedrock. */
import { checkRegion, checkToken } from './check-texts.ts'
import type { Draft } from './draft.ts'
import type { Path } from './finding.ts'
import type { Report } from './report.ts'
import type { KeyEntry } from './schema.ts'

type BedrockKey = NonNullable<Draft<KeyEntry>['bedrock_key_config']>

/** `elsewhere`: the entry says where the provider is, so that the region need not. */
export function checkBedrock(key: Draft<KeyEntry>, elsewhere: boolean, path: Path, report: Report): void {
  const bedrock = key.bedrock_key_config ?? {}
  const place = [...path, 'bedrock_key_config']
  checkRegion(bedrock.region, [...place, 'region'], report)
  if (!bedrock.region && !elsewhere) report.fault([...place, 'region'], 'nothing', 'a region such as us-east-1')
  for (const name of ['access_key', 'secret_key', 'session_token'] as const) {
    checkToken(bedrock[name], [...place, name], report)
  }
  checkPair(bedrock, place, report)
  checkRole(bedrock, place, report)
  if (bedrock.arn && !bedrock.arn.startsWith('arn:aws')) {
    report.fault(
      [...place, 'arn'],
      'a text that is no ARN',
      'one such as arn:aws:bedrock:us-east-1:123456789012:inference-profile',
    )
  }
  if (key.value && (bedrock.access_key || bedrock.role_arn)) {
    const name = bedrock.access_key ? 'access_key' : 'role_arn'
    report.warn([...place, name], 'has no effect, as the key has a value: an API key needs no signature.')
  }
}

function checkPair(bedrock: BedrockKey, place: Path, report: Report): void {
  const { access_key: accessKey, secret_key: secretKey, session_token: token } = bedrock
  if (accessKey && !secretKey) report.fault([...place, 'secret_key'], 'nothing', 'the secret of the access_key')
  if (secretKey && !accessKey)
    report.fault([...place, 'access_key'], 'nothing', 'the name of the key that is secret_key')
  if (token && !accessKey)
    report.fault([...place, 'session_token'], 'a token without keys', 'access_key and secret_key as well')
}

function checkRole(bedrock: BedrockKey, place: Path, report: Report): void {
  const { role_arn: role, external_id: externalId, session_name: sessionName } = bedrock
  if (role && !/^arn:aws[a-z-]*:iam::\d{12}:role\/./.test(role)) {
    report.fault([...place, 'role_arn'], 'a text that is no role', 'one such as arn:aws:iam::123456789012:role/NAME')
  }
  if (sessionName && !/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    report.fault(
      [...place, 'session_name'],
      'a text that is no name of a session',
      '2 to 64 letters, digits and +=,.@-_',
    )
  }
  if (!role && (externalId || sessionName)) {
    const name = externalId ? 'external_id' : 'session_name'
    report.warn([...place, name], 'has no effect without a role_arn.')
  }
}
