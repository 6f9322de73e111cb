/** Cells of the matrix that do not pass, each with the reason why the pair cannot express the scene. docs/translation.md has the same table. */
import type { ProviderName } from './providers.ts'

export interface Exception {
  readonly scene: string
  readonly provider: ProviderName
  readonly what: Outcome
  readonly why: string
}

export type Outcome =
  /** Left out, and named in `dropped_params` by paths that have one of these words: each client has its own. */
  | { readonly kind: 'named'; readonly words: RegExp }
  /** There is nothing that could be named: neither side has a word for it. */
  | { readonly kind: 'unseen' }

const named = (words: RegExp): Outcome => ({ kind: 'named', words })

/** One row for each of several providers. */
function forEach(providers: readonly ProviderName[], row: Omit<Exception, 'provider'>): Exception[] {
  return providers.map((provider) => ({ ...row, provider }))
}

export const exceptions: readonly Exception[] = [
  ...forEach(['openai', 'openrouter', 'cohere'], {
    scene: 'tool error',
    what: named(/is_error/),
    why: 'The wire has no mark for a tool that failed; what the tool said goes on.',
  }),
  ...['reasoning round trip', 'reasoning round trip with tools'].map(
    (scene): Exception => ({
      scene,
      provider: 'openai',
      what: named(/reasoning|^messages\[1\]\.content\[0\]$/),
      why: "OpenAI's chat completions take no reasoning back.",
    }),
  ),
  ...forEach(['openai', 'gemini', 'cohere'], {
    scene: 'cache marks',
    what: named(/cache_control/),
    why: 'The provider caches by itself; its wire has no marks.',
  }),
  {
    scene: 'cache marks',
    provider: 'bedrock, Nova',
    what: named(/tools\[0\]\.cache_control/),
    why: 'Nova caches no tools; marks on everything else become cache points.',
  },
  {
    scene: 'refusal or safety stop',
    provider: 'cohere',
    what: { kind: 'unseen' },
    why: 'Cohere has no such stop: what it will not say it says in words, or it fails.',
  },
]

/** Whoever asks: what a provider cannot take is the same for all clients. */
export function exceptionFor(scene: string, provider: ProviderName): Exception | undefined {
  return exceptions.find((row) => row.scene === scene && row.provider === provider)
}
