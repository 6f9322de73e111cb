/** What the documentation says is true of the code: links, commands, files, examples, tables. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, normalize } from 'node:path'
import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { providersPage } from '../scripts/providers-page.ts'
import { loadText } from '../src/config/load.ts'
import { failures } from '../src/core/errors.ts'
import { members } from '../src/core/json-text.ts'
import { findRoute } from '../src/http/routes.ts'
import { providers } from '../src/providers/index.ts'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const files = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })].sort()
const pages = new Map(files.map((file) => [file, read(file)]))

/** The contents of the code blocks of one language. */
function blocks(file: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms')
  return [...pages.get(file)!.matchAll(fence)].map(([, content]) => content!)
}

/** The cells of each table row under a heading, without head and line. */
function rows(file: string, heading: string): string[][] {
  const section = pages
    .get(file)!
    .split(/^#{2,3} /m)
    .find((part) => part.startsWith(`${heading}\n`))
  return (section ?? '')
    .split('\n')
    .filter((line) => /^\| *[^-| ]/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .slice(1)
}

const withoutCode = (text: string) => text.replaceAll(/```.*?```/gs, '')
const words = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word!)

describe('links', () => {
  test.each(files)('%s', (file) => {
    const broken = [...withoutCode(pages.get(file)!).matchAll(/\]\((?!https?:)([^)\s#]*)(?:#([^)]+))?\)/g)]
      .filter(([, path, anchor]) => {
        const target = path === '' ? file : normalize(join(dirname(file), path!))
        return !existsSync(join(root, target)) || (anchor !== undefined && !anchors(target).includes(anchor))
      })
      .map(([link]) => link)
    expect(broken).toEqual([])
  })

  /** What the headings of a page can be linked by, as GitHub makes it. */
  function anchors(file: string): string[] {
    return [...withoutCode(read(file)).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )
  }
})

describe('commands', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const commands = readdirSync(join(root, 'src/cli/commands')).flatMap((name) => /^(\w+)\.ts$/.exec(name)?.[1] ?? [])

  test.each(files)('%s', (file) => {
    const text = pages.get(file)!
    const unknown = [
      ...[...text.matchAll(/npm run (?:--?\w+ )*([\w:-]+)/g)].filter(([, script]) => scripts[script!] === undefined),
      ...[...text.matchAll(/(?:npm start --|npx asbru) (\w+)/g)].filter(([, command]) => !commands.includes(command!)),
    ].map(([command]) => command)
    expect(unknown).toEqual([])
  })
})

test('files that are named are there', () => {
  const named = [
    'README.md',
    'CONTRIBUTING.md',
    'docs/architecture.md',
    ...files.filter((file) => /\/\d{4}-/.test(file)),
  ]
    .flatMap((file) => words(pages.get(file)!))
    .filter((word) => /^(src|test|docs|bin|lint|engine|core|http|config)\/[\w./-]+$/.test(word))
  const missing = named.filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, 'src', path)))
  expect(named.length).toBeGreaterThan(20)
  expect(missing).toEqual([])
})

const webhookSecret = `whsec_${'A'.repeat(32)}`

describe('configurations load without a fault or a warning', () => {
  const configurations = files.flatMap((file) =>
    blocks(file, 'json')
      .filter((text) => /^ {2}"(providers|client|governance|auth_config|webhooks)"/m.test(text))
      .map((text, index): [string, string] => [`${file}, ${index + 1}`, text]),
  )

  test.each(configurations)('%s', (_, text) => {
    const names = [...text.matchAll(/env\.(\w+)|"env_var": "(\w+)"|"ref": "(\w+)"/g)].map(
      (found) => found[1] ?? found[2] ?? found[3]!,
    )
    const variables = Object.fromEntries(
      names.map((name) => [name, name.startsWith('WEBHOOK_') ? webhookSecret : `sk-bf-${name}`]),
    )
    expect(loadText(text, 'the page', { providers, variables }).warnings).toEqual([])
  })

  test('are found at all', () => {
    expect(configurations.map(([name]) => name)).toEqual(
      expect.arrayContaining(['README.md, 1', 'README.md, 2', 'docs/getting-started.md, 1', 'docs/security.md, 1']),
    )
  })
})

describe('examples', () => {
  const tutorials = ['README.md', 'docs/getting-started.md', 'docs/async.md']
  let house: TestHouse

  beforeAll(async () => {
    const groqKey = { name: 'groq', value: 'sk-groq', models: ['*'], aliases: { fast: 'llama-3.1-8b-instant' } }
    house = await openTestHouse({
      config: (url) => ({ providers: { openai: providerAt(url), groq: providerAt(url, {}, [groqKey]) } }),
    })
  })
  afterAll(() => house.close())

  const curls = tutorials.flatMap((file) =>
    blocks(file, 'sh')
      .filter((block) => block.startsWith('curl '))
      .map((curl, index) => [`${file}, curl ${index + 1}`, curl] as const),
  )

  test.each(curls)('%s', async (_, curl) => {
    const url = /http:\/\/127\.0\.0\.1:8080(\S+)/.exec(curl)![1]!
    const headers = [...curl.matchAll(/-H '([\w-]+): ([^']*)'/g)].map(([, name, value]): [string, string] => [
      name!,
      value!,
    ])
    const body = /-d '([^']*)'/.exec(curl)![1]!
    const { model, fallbacks, stream } = JSON.parse(body) as { model: string; fallbacks?: string[]; stream?: boolean }
    const fault = Number(/\+status-(\d+)/.exec(model)?.[1] ?? 200)
    const reply = await fetch(house.url + url, { method: 'POST', headers, body })
    const text = await reply.text()
    expect([reply.status, text]).toEqual([fallbacks === undefined ? fault : 200, expect.any(String)])
    if (stream) expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    else
      expect(JSON.parse(text)).toMatchObject(
        reply.headers.has('x-asbru-attempts') ? { extra_fields: {} } : { object: 'asbru.plan' },
      )
  })

  const snippets = tutorials.flatMap((file) =>
    blocks(file, 'js').map((code, index) => [`${file}, JavaScript ${index + 1}`, code] as const),
  )

  test.each(snippets)('%s', async (_, code) => {
    const printed: string[] = []
    const body = code.replaceAll(/^import .*$/gm, '').replaceAll('http://127.0.0.1:8080', house.url)
    const AsyncFunction = (async () => {}).constructor as new (
      ...text: string[]
    ) => (...values: unknown[]) => Promise<void>
    const run = new AsyncFunction('OpenAI', 'AzureOpenAI', 'console', body)
    await run(OpenAI, AzureOpenAI, { log: (text: string) => printed.push(text) })
    expect(printed).toEqual(['Hello, Asbru!'])
  })

  test('are found at all', () => {
    expect([curls.length, snippets.length]).toEqual([6, 4])
  })
})

test('architecture: the rooms are those that are checked', () => {
  const { forbidden } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as {
    forbidden: { name: string; comment?: string }[]
  }
  const checked = forbidden.filter(({ name }) => name.startsWith('room-')).map(({ comment }) => comment)
  const told = rows('docs/architecture.md', 'Rooms').map(
    ([room, , imports]) => `${words(room!)[0]} may import ${imports === 'itself' ? 'itself' : `itself, ${imports}`}.`,
  )
  expect(told.sort()).toEqual(checked.sort())
})

test('async: every route leads where the page says', () => {
  const names: Record<string, string> = { POST: 'async-submit', GET: 'async-job', DELETE: 'async-cancel' }
  const routes = rows('docs/async.md', 'As records').filter(([method]) => names[method!] !== undefined)
  const led = routes.map(([method, path]) => findRoute(method!, words(path!)[0]!.replace('{id}', 'abc')).name)
  expect(led).toEqual(routes.map(([method, path]) => (path!.includes('jobs') ? 'async-list' : names[method!])))
  expect(led.length).toBeGreaterThan(6)
})

describe('api', () => {
  const api = 'docs/api.md'

  test('every route leads where the page says', () => {
    const routes = rows(api, 'Routes')
    const led = routes.map(([method, path]) => findRoute(method!, words(path!)[0]!.replace('{deployment}', 'acme/m')))
    const names = routes.map(([method, path]) =>
      /count_tokens|input_tokens/.test(path!)
        ? 'count'
        : method === 'POST'
          ? 'chat'
          : /models/.test(path!)
            ? 'models'
            : /read/.test(path!)
              ? 'ready'
              : /metrics/.test(path!)
                ? 'metrics'
                : 'health',
    )
    expect(led.map(({ name }) => name)).toEqual(names)
  })

  test('every failure is there, with its status and types, and no other', () => {
    const told = rows(api, 'Errors').map(([status, decision, type]) =>
      [status, ...words(decision!), ...words(type!)].join(' '),
    )
    const known = Object.values(failures).map((failure) =>
      [failure.status, ...('decision' in failure ? [failure.decision] : []), failure.type].join(' '),
    )
    expect([...new Set(told)].sort()).toEqual([...new Set(known)].sort())
  })

  test('every header of ours is there', () => {
    const source = globSync('src/{http,engine}/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] })
      .map(read)
      .join('\n')
    const used = new Set([...source.matchAll(/'(x-(?:bf|asbru|bifrost)-[\w-]*\w)-?'/g)].map(([, name]) => name!))
    const told = pages.get(api)!
    expect(used.size).toBeGreaterThan(15)
    expect([...used].filter((name) => !told.includes(name))).toEqual([])
  })
})

describe('providers', () => {
  test('are told as the code has them: npm run docs:providers', () => {
    expect(pages.get('docs/providers.md')).toBe(providersPage())
  })

  /** A request with every field that any provider might not be sent. */
  const body = {
    model: 'm',
    messages: [
      { role: 'assistant', content: 'c', name: 'n', refusal: 'r', audio: { id: 'a' }, annotations: [], reasoning: 't' },
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
    ],
    ...{
      audio: {},
      frequency_penalty: 0,
      function_call: 'auto',
      functions: [],
      logit_bias: {},
      logprobs: true,
      max_tokens: 99,
    },
    ...{
      metadata: {},
      modalities: ['text'],
      n: 1,
      parallel_tool_calls: true,
      prediction: { type: 'content' },
      seed: 1,
    },
    ...{
      presence_penalty: 0,
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      reasoning_effort: 'low',
      stop: 's',
    },
    ...{ response_format: { type: 'text' }, safety_identifier: 's', service_tier: 'auto', store: true, temperature: 1 },
    ...{
      tool_choice: 'auto',
      tools: [],
      top_k: 1,
      top_logprobs: 1,
      top_p: 1,
      user: 'u',
      verbosity: 'low',
      web_search_options: {},
    },
  }
  const text = JSON.stringify(body)
  const request = { text, members: members(text), body }
  const speakingOurs = providers.filter(({ chat }) => chat?.dialect === 'openai-chat')

  test.each(speakingOurs)('$id is not sent what the page says it is not', ({ chat }) => {
    const { about, adaptRequest } = chat!
    const { dropped } = adaptRequest(request, { model: 'm', passExtraParams: false, header: () => undefined })
    const inMessages = dropped.flatMap((path) => /\.(\w+)$/.exec(path)?.[1] ?? [])
    expect(dropped.filter((path) => !path.includes('.')).sort()).toEqual(about?.drops?.toSorted())
    expect(inMessages.filter((field) => field !== 'reasoning').sort()).toEqual(about?.dropsFromMessages?.toSorted())
    expect(!inMessages.includes('reasoning')).toBe(about?.reasoningBack)
  })
})
