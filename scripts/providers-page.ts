/** Writes docs/providers.md from what the code knows of providers: `npm run docs:providers`. */
import { writeFileSync } from 'node:fs'
import { features, type Lack } from '../src/core/capabilities.ts'
import type { AboutWire } from '../src/core/dialect.ts'
import type { Auth, Provider } from '../src/core/provider.ts'
import { providers } from '../src/providers/index.ts'

const signIns: Readonly<Record<string, string>> = {
  none: 'none',
  bearer: 'bearer key',
  azure: 'key, or Entra ID',
  aws: 'AWS credentials, or bearer key',
  google: 'Google credentials',
}

/** The whole page. */
export function providersPage(): string {
  // The simulator needs nothing and has a page of its own.
  const named = providers.filter(({ environment }) => environment !== undefined)
  return `${[
    '# Providers',
    '<!-- Written by `npm run docs:providers` from the code: change src/providers, then run it. -->',
    introduction,
    '## By name',
    byName(named),
    afterNames,
    '## What they are not sent',
    beforeLosses,
    losses(named),
    `${otherDifferences} ${named.filter(takesReasoningBack).map(code).join(', ')}.`,
    '## What some models lack',
    beforeLacks,
    lacks(named),
    '## Notes',
    ...notes(named),
    others,
  ].join('\n\n')}\n`
}

const introduction = `Each provider speaks in its own way, and has its own differences from others that speak the same; Asbru knows them and sends each what it
takes. Clients see one wire.`

const afterNames = `- **Key** and **Address** are environment variables that configure the provider when there is no [file](configuration.md); the first that is set counts. A
  provider without a base URL here needs an address: your own endpoint, account or server.
- **Without a prefix** a model goes to \`openai\`, if that has a key for it; else names that begin like this find their provider, if it is configured.
- \`simulator\` is always there, needs nothing, and has [a page of its own](simulator.md).`

const beforeLosses = `Everything a client writes reaches the provider, but for what the provider is known to refuse or to ignore. That is left out and named in
\`extra_fields.dropped_params\`. What the answer depends on is refused with 400 instead, and a fallback may serve it.`

const otherDifferences = `Other differences are put into the provider's words: what the output cap and the seed are called, what a \`developer\` message is, and the nearest
reasoning effort that it has.

Earlier reasoning in an assistant's message (\`reasoning\`, \`reasoning_content\`, \`reasoning_details\`) goes back to these, in the form each of them
knows, and is left out and named elsewhere:`

const beforeLacks = `Only what the providers document. \`*\` stands for any letters. What a model lacks and is not here, its provider says itself.`

const others = `**A provider that is not here** and speaks OpenAI's wire needs [an entry in the file](configuration.md#providers-of-your-own), and two small files
[to be known by name](adding-a-provider.md).`

const mark = (text: string) => `\`${text}\``
const marks = (texts: readonly string[] = []) => texts.map(mark).join(', ')
const code = ({ id }: Provider) => mark(id)

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function byName(named: readonly Provider[]): string {
  return table(
    ['Provider', 'In front of the model', 'Wire', 'Sign-in', 'Base URL', 'Key', 'Address', 'Without a prefix it has'],
    named.map((provider) => {
      const { name, docs, baseUrl, environment, families } = provider
      return [
        `[${name}](${docs})`,
        code(provider),
        [...new Set(wiresOf(provider).map((wire) => wire.name))].join(', '),
        [...new Set([provider.auth, ...(provider.wires ?? []).flatMap(({ auth }) => auth ?? [])].map(signIn))].join(
          ', ',
        ),
        marks(baseUrl === undefined ? [] : [baseUrl]),
        marks(environment?.key),
        marks(environment?.baseUrl),
        marks(families),
      ]
    }),
  )
}

function signIn(auth: Auth): string {
  return auth.scheme === 'header' ? `key in ${mark(auth.name)}` : (signIns[auth.scheme] ?? auth.scheme)
}

/** All ways to speak to it, the usual one first. */
function wiresOf({ chat, wires = [] }: Provider): AboutWire[] {
  return [...(chat === undefined ? [] : [chat]), ...wires.map((wire) => wire.chat)].map(
    ({ about, dialect }) => about ?? { name: dialect },
  )
}

function takesReasoningBack(provider: Provider): boolean {
  return wiresOf(provider).some(({ reasoningBack }) => reasoningBack === true)
}

/** A line for each wire that loses something; the wire is named where there are several. */
function losses(named: readonly Provider[]): string {
  const lines = named.flatMap((provider) => {
    const wires = wiresOf(provider)
    const seen = new Set<string>()
    return wires.flatMap(({ name, drops = [], dropsFromMessages = [], refuses = [] }) => {
      if (seen.has(name) || drops.length + dropsFromMessages.length + refuses.length === 0) return []
      seen.add(name)
      const who = new Set(wires.map((wire) => wire.name)).size > 1 ? `${code(provider)}: ${name}` : code(provider)
      return [[who, marks(drops.toSorted()), marks(dropsFromMessages.toSorted()), refuses.join(', ')]]
    })
  })
  return table(['Provider', 'Left out and named', 'Of messages', 'Refused'], lines)
}

function lacks(named: readonly Provider[]): string {
  const lines = named.flatMap((provider) =>
    (provider.lacks ?? []).map((lack) => [
      code(provider),
      modelsOf(lack),
      marks(lack.drop),
      (lack.refuse ?? []).map((feature) => features[feature].name).join(', '),
      `[reference](${lack.source})`,
    ]),
  )
  return table(['Provider', 'Models', 'Left out and named', 'Refused', 'Says'], lines)
}

function modelsOf({ models, except, thinking }: Lack): string {
  const all = models.length === 1 && models[0] === '*' ? 'all' : marks(models)
  return `${all}${except === undefined ? '' : `, but not ${marks(except)}`}${thinking ? ', while they think' : ''}`
}

function notes(named: readonly Provider[]): string[] {
  return named.flatMap(({ name, note }) => (note === undefined ? [] : [`**${name}.** ${note}`]))
}

if (import.meta.main) writeFileSync(new URL('../docs/providers.md', import.meta.url), providersPage())
