/** The commented file that `asbru init` writes: what the environment already says is switched on, the rest is there to be. */
import type { JsonObject } from '../core/json.ts'
import type { Provider } from '../core/provider.ts'
import { environmentFile } from './environment-file.ts'
import { needsKey, signsIn } from './known-providers.ts'
import type { Variables } from './reference.ts'

/** The text of the file. Loads without a fault in the environment it was made for. */
export function starterText(providers: readonly Provider[], variables: Variables): string {
  const known = providers.filter((provider) => provider.environment !== undefined)
  const found = known.filter((provider) => entryOf(provider, variables) !== undefined)
  const others = known.filter((provider) => !found.includes(provider))
  return [
    '{',
    '  // With this, editors check the file and complete its keys. `asbru check config.json` checks it as well.',
    '  "$schema": "./config.schema.json",',
    '  // 2: an empty list allows nothing, ["*"] allows everything.',
    '  "version": 2,',
    '',
    '  "client": {',
    '    // true: every call needs one of the virtual keys below.',
    '    "enforce_auth_on_inference": false,',
    '  },',
    '',
    '  // Who serves models. "env.NAME" stands for what the environment variable NAME holds.',
    '  "providers": {',
    ...found.flatMap((provider) => lines(provider, variables, '    ')),
    ...others.flatMap((provider) => lines(provider, everythingSet(provider), '    // ')),
    '  },',
    '',
    '  "governance": {',
    '    // Keys for your clients: they send them instead of a provider’s key.',
    '    "virtual_keys": [',
    ...commented(virtualKey, '      // '),
    '    ],',
    '  },',
    '}',
    '',
  ].join('\n')
}

const virtualKey = {
  name: 'ci',
  value: 'env.CI_VIRTUAL_KEY',
  provider_configs: [{ provider: 'openai', allowed_models: ['*'], key_ids: ['*'], weight: 1 }],
}

function entryOf(provider: Provider, variables: Variables): JsonObject | undefined {
  const { file } = environmentFile({ providers: [provider], variables })
  return (file['providers'] as Record<string, JsonObject>)[provider.id]
}

/** As if the variables a provider needs were set: a server of one's own needs an address, and some a key as well. */
function everythingSet(provider: Provider): Variables {
  const { environment, baseUrl } = provider
  const key = needsKey(provider, {}) || signsIn(provider) ? environment?.key?.[0] : undefined
  const address = baseUrl === undefined ? environment?.baseUrl?.[0] : undefined
  const place = [environment?.project?.[0], environment?.region?.[0]].filter((name) => name !== undefined)
  return {
    ...(key === undefined ? {} : { [key]: 'set' }),
    ...(address === undefined ? {} : { [address]: 'https://HOST' }),
    ...Object.fromEntries(place.map((name) => [name, 'set'])),
  }
}

function lines(provider: Provider, variables: Variables, margin: string): string[] {
  const entry = entryOf(provider, variables)
  return entry === undefined ? [] : commented(entry, margin, `${JSON.stringify(provider.id)}: `)
}

function commented(value: unknown, margin: string, head = ''): string[] {
  return `${head}${layOut(value, '')},`.split('\n').map((line) => `${margin}${line}`)
}

/** JSON as people write it: on one line what fits on one. */
function layOut(value: unknown, margin: string): string {
  const isList = Array.isArray(value)
  if (!isList && (typeof value !== 'object' || value === null)) return JSON.stringify(value)
  const inner = `${margin}  `
  const items = Object.entries(value).map(([key, item]) => `${isList ? '' : `"${key}": `}${layOut(item, inner)}`)
  const [open, close, blank] = isList ? ['[', ']', ''] : ['{', '}', ' ']
  const line = `${open}${blank}${items.join(', ')}${blank}${close}`
  return line.length <= 100 && !line.includes('\n')
    ? line
    : `${open}\n${inner}${items.join(`,\n${inner}`)}\n${margin}${close}`
}
