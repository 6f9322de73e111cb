import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../test/support/fake-world.ts'
import type { LogLine } from '../../test/support/house.ts'
import { newJob } from '../../test/support/new-job.ts'
import { GatewayError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { type AttemptOutcome, type WebhookEndpoint, webhookEvents, writeTarget } from '../core/webhooks.ts'
import type { DeliveryRecord, DeliveryStore } from '../ports/delivery-store.ts'
import type { EndState, JobStore } from '../ports/job-store.ts'
import { createMemoryDeliveryStore } from '../stores/memory/delivery-store.ts'
import { createMemoryJobStore } from '../stores/memory/job-store.ts'
import { createDeliverer, type Deliverer } from './deliverer.ts'
import type { JobTeller } from './message.ts'
import type { PostRequest } from './post.ts'

const secret = `whsec_${Buffer.from('a secret of at least 24 bytes').toString('base64')}`
const minute = 60_000
const hour = 60 * minute

const billing: WebhookEndpoint = {
  name: 'billing',
  enabled: true,
  destination: { kind: 'url', url: 'https://billing.test/hook?token=SECRET' },
  secrets: [new Secret(secret)],
  events: new Set(webhookEvents),
  includeResult: false,
  allowPrivate: false,
}

const taken: AttemptOutcome = { kind: 'answer', status: 204, retryAfter: undefined }
const refused: AttemptOutcome = { kind: 'none', reason: 'connection refused' }
const status = (code: number, retryAfter?: number): AttemptOutcome => ({ kind: 'answer', status: code, retryAfter })

/** Receivers as the test plays them, on a clock that goes when it is told. */
class Scene {
  readonly clock = new FakeClock()
  readonly jobs: JobStore = createMemoryJobStore()
  deliveries: DeliveryStore = createMemoryDeliveryStore()
  endpoints: readonly WebhookEndpoint[] = [billing]
  readonly sent: (PostRequest & { readonly at: number })[] = []
  readonly lines: LogLine[] = []
  respond: (request: PostRequest) => AttemptOutcome | Promise<AttemptOutcome> = () => taken
  teller: JobTeller = {
    facts: ({ id, state }) => ({ id, status: state, model: 'grüße' }),
    whole: async (record) => `{"id":"${record.id}","result":${'result' in record ? record.result : null}}`,
  }
  readonly #background: Promise<unknown>[] = []
  #tokens = 0

  gateway(): Deliverer {
    const at = (level: LogLine['level']) => (fields: object, message: string) =>
      void this.lines.push({ level, fields, message })
    const log = {
      isLevelEnabled: () => true,
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
    }
    const { clock, jobs } = this
    const deliverer = createDeliverer({
      world: { clock, log, random: () => 0.5, background: (task) => void this.#background.push(task) },
      jobs,
      deliveries: this.deliveries,
      teller: this.teller,
      post: async (request) => {
        this.sent.push({ ...request, at: clock.wallClock() })
        return this.respond(request)
      },
      endpoints: () => this.endpoints,
      newToken: () => `token-${this.#tokens++}`,
    })
    deliverer.start()
    return deliverer
  }

  /** A job that ends now. */
  async end(state: EndState = 'completed', changes: Parameters<typeof newJob>[0] = {}): Promise<string> {
    const now = this.clock.wallClock()
    const webhook = writeTarget({ kind: 'name', name: 'billing' })
    const job = newJob({ owner: 'vk', webhook, runAt: now, createdAt: now, resultTtl: 2 * hour, ...changes })
    const unlimited = { all: Number.POSITIVE_INFINITY, owner: Number.POSITIVE_INFINITY }
    await this.jobs.add(job, unlimited)
    const ended = { statusCode: 200, result: '' }
    const many = { perProvider: Number.POSITIVE_INFINITY, perOwner: Number.POSITIVE_INFINITY }
    const claim = { worker: '', now, leaseUntil: now + hour, tokens: [job.id], exhausted: ended, cancelled: ended }
    await this.jobs.claim({ ...claim, ...many })
    const end = { state, statusCode: 200, result: '{"answer":"grüße"}', usage: null, completedAt: now }
    await this.jobs.finish({ id: job.id, token: job.id }, end)
    return job.id
  }

  /** How the results of jobs are told. */
  set(whole: JobTeller['whole']): void {
    this.teller = { ...this.teller, whole }
  }

  delivery(jobId: string): Promise<DeliveryRecord | undefined> {
    return this.deliveries.get(`msg_${jobId}`, this.clock.wallClock())
  }

  /** What was sent the last time, or before that, as its receiver would read it. */
  message(index = -1): Record<string, unknown> {
    return JSON.parse(this.sent.at(index)!.body.toString('utf8')) as Record<string, unknown>
  }

  warned(): string[] {
    return this.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message)
  }
}

describe('the end of a job', () => {
  it.each(['completed', 'failed', 'cancelled'] as const)('is told: %s', async (state) => {
    const scene = new Scene()
    scene.gateway()
    const at = scene.clock.wallClock()
    const id = await scene.end(state)
    await scene.clock.advance(200)
    expect(scene.sent).toHaveLength(1)
    const [{ url, headers, allowPrivate, body }] = scene.sent as unknown as [PostRequest]
    expect({ url, allowPrivate }).toEqual({ url: 'https://billing.test/hook?token=SECRET', allowPrivate: false })
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': `msg_${id}` })
    expect(JSON.parse(body.toString('utf8'))).toEqual({
      type: `job.${state}`,
      timestamp: new Date(at).toISOString(),
      virtual_key_id: 'vk',
      data: { id, status: state, model: 'grüße' },
    })
    expect(await scene.delivery(id)).toMatchObject({ state: 'delivered', log: [{ status: 204, error: null }] })
    // Once, however long one waits.
    await scene.clock.advance(hour)
    expect(scene.sent).toHaveLength(1)
    expect(scene.warned()).toEqual([])
  })

  it('is signed with the time of the attempt', async () => {
    const scene = new Scene()
    scene.respond = () => (scene.sent.length === 1 ? refused : taken)
    scene.gateway()
    await scene.end()
    await scene.clock.advance(minute)
    const [first, second] = scene.sent as unknown as [(typeof scene.sent)[0], (typeof scene.sent)[0]]
    expect(second.at - first.at).toBeGreaterThanOrEqual(5000)
    for (const { headers, at, body } of [first, second]) {
      const seconds = Math.floor(at / 1000)
      expect(headers['webhook-timestamp']).toBe(String(seconds))
      const expected = new Webhook(secret).sign(headers['webhook-id']!, new Date(seconds * 1000), body)
      expect(headers['webhook-signature']).toBe(expected)
    }
    expect(first.headers['webhook-id']).toBe(second.headers['webhook-id'])
    expect(first.body).toEqual(second.body)
  })

  it('is not told where nobody asked, or nobody wants to hear of it', async () => {
    const scene = new Scene()
    scene.endpoints = [{ ...billing, events: new Set(['job.failed'] as const) }]
    scene.gateway()
    await scene.end('completed', { webhook: null })
    await scene.end('completed')
    const failed = await scene.end('failed')
    await scene.clock.advance(hour)
    expect(scene.sent.map(({ headers }) => headers['webhook-id'])).toEqual([`msg_${failed}`])
    expect(await scene.jobs.unannounced(10)).toEqual([])
  })

  it('does not keep others waiting where its webhook cannot be understood', async () => {
    const scene = new Scene()
    scene.gateway()
    for (let index = 0; index < 25; index++) await scene.end('completed', { webhook: 'of another version' })
    const id = await scene.end()
    await scene.clock.advance(minute)
    expect(scene.sent.map(({ headers }) => headers['webhook-id'])).toEqual([`msg_${id}`])
    expect(scene.warned()).toHaveLength(25)
  })

  it('is told at the address that a request named, of which only the origin is shown', async () => {
    const scene = new Scene()
    const hosts = [{ scheme: 'https:', host: 'hooks.test', below: false, port: '' }] as const
    scene.endpoints = [{ ...billing, destination: { kind: 'hosts', hosts } }]
    scene.respond = () => status(500)
    scene.gateway()
    const url = 'https://hooks.test/T0/SECRET'
    const id = await scene.end('completed', { webhook: writeTarget({ kind: 'url', url }) })
    await scene.clock.advance(minute)
    expect(scene.sent[0]?.url).toBe(url)
    expect((await scene.delivery(id))?.label).toBe('https://hooks.test')
    expect(JSON.stringify(scene.lines)).not.toContain('SECRET')
    expect(JSON.stringify(scene.lines)).toContain('https://hooks.test')
  })
})

describe('a receiver', () => {
  it('that is down for an hour gets its event after', async () => {
    const scene = new Scene()
    const begin = scene.clock.wallClock()
    scene.respond = () => (scene.clock.wallClock() < begin + hour ? refused : taken)
    scene.gateway()
    const id = await scene.end()
    await scene.clock.advance(hour)
    expect(await scene.delivery(id)).toMatchObject({ state: 'pending' })
    expect(scene.sent.length).toBeGreaterThan(5)
    expect(scene.sent.length).toBeLessThan(15)
    await scene.clock.advance(hour / 2 + minute)
    expect(await scene.delivery(id)).toMatchObject({ state: 'delivered' })
    expect(scene.sent.at(-1)!.at).toBeGreaterThanOrEqual(begin + hour)
  })

  it('that is down for a day and more is given up, and can be asked for again', async () => {
    const scene = new Scene()
    scene.respond = () => status(503)
    const gateway = scene.gateway()
    const id = await scene.end()
    await scene.clock.advance(24 * hour - minute)
    expect(await scene.delivery(id)).toMatchObject({ state: 'pending' })
    await scene.clock.advance(2 * minute)
    expect(await scene.delivery(id)).toMatchObject({ state: 'failed' })
    expect((await scene.delivery(id))!.log).toHaveLength(20)
    const attempts = scene.sent.length
    await scene.clock.advance(hour)
    expect(scene.sent).toHaveLength(attempts)
    expect(scene.warned()).toEqual(['a webhook was given up'])
    scene.respond = () => taken
    const now = scene.clock.wallClock()
    await scene.deliveries.redeliver(`msg_${id}`, now, now + 24 * hour)
    gateway.wake()
    await scene.clock.advance(200)
    expect(await scene.delivery(id)).toMatchObject({ state: 'delivered' })
    expect(scene.message()).toMatchObject({ data: { id } })
    // The log of it is kept for a week.
    expect(await scene.deliveries.get(`msg_${id}`, now + 7 * 24 * hour)).toBeDefined()
    expect(await scene.deliveries.get(`msg_${id}`, now + 7 * 24 * hour + minute)).toBeUndefined()
  })

  it('that answers 410 hears no more of it', async () => {
    const scene = new Scene()
    scene.respond = () => status(410)
    scene.gateway()
    const id = await scene.end()
    await scene.clock.advance(hour)
    expect(scene.sent).toHaveLength(1)
    expect(await scene.delivery(id)).toMatchObject({ state: 'failed', log: [{ status: 410 }] })
  })

  it('that wants more time gets it', async () => {
    const scene = new Scene()
    scene.respond = () => (scene.sent.length === 1 ? status(429, 10 * minute) : taken)
    scene.gateway()
    await scene.end()
    await scene.clock.advance(11 * minute)
    expect(scene.sent).toHaveLength(2)
    expect(scene.sent[1]!.at - scene.sent[0]!.at).toBeGreaterThanOrEqual(10 * minute)
  })

  it.each([
    ['is switched off', [{ ...billing, enabled: false }], 'the webhook is switched off'],
    ['is configured no more', [], 'no webhook of the configuration fits any more'],
  ])('that %s is told when it is back', async (_, endpoints, reason) => {
    const scene = new Scene()
    scene.endpoints = endpoints
    scene.gateway()
    const id = await scene.end()
    await scene.clock.advance(minute)
    expect(scene.sent).toHaveLength(0)
    expect((await scene.delivery(id))?.log[0]).toMatchObject({ status: null, error: reason })
    scene.endpoints = [billing]
    await scene.clock.advance(hour)
    expect(scene.sent).toHaveLength(1)
  })

  it('that takes its time does not keep others waiting', async () => {
    const scene = new Scene()
    const slow = writeTarget({ kind: 'name', name: 'slow' })
    scene.endpoints = [billing, { ...billing, name: 'slow', destination: { kind: 'url', url: 'https://slow.test' } }]
    scene.respond = ({ url }) => (url.includes('slow') ? new Promise(() => {}) : taken)
    scene.gateway()
    for (let index = 0; index < 30; index++) await scene.end('completed', { webhook: slow })
    await scene.clock.advance(minute / 2)
    const id = await scene.end()
    await scene.clock.advance(2000)
    expect(scene.sent.filter(({ url }) => url.includes('slow'))).toHaveLength(4)
    expect(await scene.delivery(id)).toMatchObject({ state: 'delivered' })
  })
})

describe('what came of the job', () => {
  const withResult = { ...billing, includeResult: true }

  it('goes along where that is wanted', async () => {
    const scene = new Scene()
    scene.endpoints = [withResult]
    // As the front door gives it: a byte string.
    scene.set(async ({ id }) => Buffer.from(`{"id":"${id}","result":"grüße"}`).toString('latin1'))
    scene.gateway()
    const id = await scene.end()
    await scene.clock.advance(200)
    expect(scene.message()).toMatchObject({ type: 'job.completed', data: { id, result: 'grüße' } })
    expect(JSON.stringify(await scene.delivery(id))).not.toContain('grüße"}')
  })

  it.each<[string, string, (scene: Scene) => void]>([
    ['is too large', 'too_large', (scene) => scene.set(async () => `"${'x'.repeat(300_000)}"`)],
    [
      'cannot be read',
      'unreadable',
      (scene) =>
        scene.set(async () => {
          throw new GatewayError('sealed-unreadable', 'another key')
        }),
    ],
  ])('is said to be missing where it %s', async (_, why, arrange) => {
    const scene = new Scene()
    scene.endpoints = [withResult]
    arrange(scene)
    scene.gateway()
    const id = await scene.end()
    await scene.clock.advance(200)
    expect(scene.message()).toMatchObject({ result_omitted: why, data: { id, model: 'grüße' } })
  })

  it('is not sent when its time is up', async () => {
    const scene = new Scene()
    scene.endpoints = [withResult]
    scene.respond = () => (scene.sent.length === 1 ? refused : taken)
    scene.gateway()
    await scene.end('completed', { resultTtl: 1000 })
    await scene.clock.advance(minute)
    expect(scene.message(0)).toMatchObject({ data: { result: { answer: expect.any(String) } } })
    expect(scene.message(1)).toMatchObject({ result_omitted: 'expired' })
  })
})

describe('a gateway', () => {
  it('that is one of several tells nobody twice', async () => {
    const scene = new Scene()
    for (let index = 0; index < 3; index++) scene.gateway()
    const ids = await Promise.all(Array.from({ length: 40 }, () => scene.end()))
    await scene.clock.advance(minute)
    expect(scene.sent.map(({ headers }) => headers['webhook-id']).toSorted()).toEqual(
      ids.map((id) => `msg_${id}`).toSorted(),
    )
  })

  it('tells what ended while there was none', async () => {
    const scene = new Scene()
    const id = await scene.end()
    await scene.clock.advance(3 * hour)
    scene.gateway()
    await scene.clock.advance(2000)
    expect(await scene.delivery(id)).toMatchObject({ state: 'delivered' })
  })

  it('that died between the two writes is made good for by the next', async () => {
    const scene = new Scene()
    const jobs = scene.jobs
    const id = await scene.end()
    const announced = jobs.announced.bind(jobs)
    jobs.announced = async () => {
      throw new GatewayError('store-unavailable', 'gone')
    }
    await scene.gateway().stop(0)
    await scene.clock.advance(minute)
    jobs.announced = announced
    scene.gateway()
    await scene.clock.advance(minute)
    expect(scene.sent.map(({ headers }) => headers['webhook-id'])).toEqual([`msg_${id}`])
    expect(await jobs.unannounced(10)).toEqual([])
  })

  it('that died while it was sending is followed by another, when its lease is over', async () => {
    const scene = new Scene()
    scene.respond = () => (scene.sent.length === 1 ? new Promise(() => {}) : taken)
    scene.gateway()
    const id = await scene.end()
    await scene.clock.advance(59_000)
    expect(scene.sent).toHaveLength(1)
    await scene.clock.advance(5000)
    expect(scene.sent).toHaveLength(2)
    expect(await scene.delivery(id)).toMatchObject({ state: 'delivered', attempts: 2 })
  })

  it('that leaves lets what it sends come to its end', async () => {
    const scene = new Scene()
    let answer = (_: AttemptOutcome) => {}
    scene.respond = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    const gateway = scene.gateway()
    const id = await scene.end()
    await scene.clock.advance(200)
    const stopped = gateway.stop(10_000)
    await scene.clock.advance(1000)
    answer(taken)
    await scene.clock.advance(0)
    await stopped
    expect(await scene.delivery(id)).toMatchObject({ state: 'delivered' })
  })

  it('that must leave at once gives back what it was sending, and the attempt does not count', async () => {
    const scene = new Scene()
    scene.respond = ({ signal }) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve({ kind: 'none', reason: 'no answer in time' })),
      )
    const gateway = scene.gateway()
    const id = await scene.end()
    await scene.clock.advance(200)
    const stopped = gateway.stop(100)
    await scene.clock.advance(200)
    await stopped
    const record = await scene.delivery(id)
    expect(record).toMatchObject({ state: 'pending', attempts: 0, log: [] })
    expect(record!.runAt).toBeLessThanOrEqual(scene.clock.wallClock())
    await scene.clock.advance(hour)
    expect(scene.clock.pending).toBe(0)
  })

  it('goes on when its store is back', async () => {
    const scene = new Scene()
    const claim = scene.deliveries.claim.bind(scene.deliveries)
    scene.deliveries.claim = async () => {
      throw new GatewayError('store-unavailable', 'gone')
    }
    scene.gateway()
    const id = await scene.end()
    await scene.clock.advance(minute)
    expect(scene.sent).toHaveLength(0)
    scene.deliveries.claim = claim
    await scene.clock.advance(minute)
    expect(await scene.delivery(id)).toMatchObject({ state: 'delivered' })
    expect(scene.warned()).toEqual([])
  })
})
