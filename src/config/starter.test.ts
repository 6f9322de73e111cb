import { describe, expect, it } from 'vitest'
import { providers } from '../providers/index.ts'
import { loadText } from './load.ts'
import { starterText } from './starter.ts'

function start(variables: Record<string, string>) {
  const text = starterText(providers, variables)
  return { text, ...loadText(text, 'config.json', { providers, variables }) }
}

describe('the starter file', () => {
  it('can be used at once where nothing is set', () => {
    const { config, warnings } = start({})
    expect([config.providers, warnings]).toEqual([{}, []])
  })

  it('has switched on what the environment has', () => {
    const variables = { GROQ_API_KEY: 'secret', OLLAMA_HOST: '127.0.0.1:11434' }
    const { config, text, warnings, notes } = start(variables)
    expect(Object.keys(config.providers ?? {})).toEqual(['groq', 'ollama'])
    expect([warnings, notes]).toEqual([[], []])
    expect(text).not.toContain('secret')
  })

  it('becomes a file for every provider and a virtual key when the comments are taken away', () => {
    const { text } = start({})
    const bare = text.replaceAll(/^( +)\/\/ (?=[\s"{}[\]])/gm, '$1')
    const { config } = loadText(bare, 'config.json', {
      providers,
      variables: new Proxy({}, { get: (_, name) => (typeof name === 'string' ? `sk-bf-${name}` : undefined) }),
    })
    const configurable = providers.filter(({ environment }) => environment !== undefined).map(({ id }) => id)
    expect(Object.keys(config.providers ?? {})).toEqual(configurable)
    expect(config.governance?.virtual_keys).toHaveLength(1)
  })
})
